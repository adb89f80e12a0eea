set :application, "shop"
set :deploy_to, "/srv/shop"
set :puma_phased_restart, true
after "deploy:finished", "puma:reload"
