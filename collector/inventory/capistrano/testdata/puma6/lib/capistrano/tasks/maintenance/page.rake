namespace :maintenance do
  desc "Show the page"
  task :on do
    on roles(:web) do
      set :user, "nobody"
      execute :touch, shared_path.join("maintenance")
    end
  end
end
