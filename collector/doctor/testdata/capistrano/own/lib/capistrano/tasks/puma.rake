namespace :puma do
  task :renew do
    on roles(:app) do
      sudo "systemctl reload puma-#{fetch(:application)}"   # TODO: what if it is down?
    end
  end
end
after "deploy:published", "puma:renew"
