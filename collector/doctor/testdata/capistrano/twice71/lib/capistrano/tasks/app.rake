namespace :app do
  desc "Reload Puma"
  task :reload do
    on roles(:web) do
      execute :systemctl, "--user", "reload", fetch(:puma_service_unit_name)
    end
  end
end
