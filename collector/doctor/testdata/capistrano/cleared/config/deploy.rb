set :application, "shop"
set :deploy_to, "/srv/shop"
Rake::Task["puma:restart"].clear_actions
namespace :puma do
  task :restart do
    run_locally { execute "pumatop reload #{fetch(:stage)} --yes --or-restart" }
  end
end
