set :application, "shop"
after "deploy:finished", "sidekiq:restart"
namespace :sidekiq do
  task(:restart) { on(roles(:jobs)) { sudo :systemctl, :restart, :sidekiq } }
end
namespace :nginx do
  task :reload do
    on(roles(:web)) { sudo "systemctl reload nginx" }
  end
end
after "deploy:published", "nginx:reload"
