set :application, "shop"
set :deploy_to, "/srv/shop"
set :puma_systemctl_user, :system
set :puma_phased_restart, true
before "deploy:finishing", "shop:reload" do
  on(roles(:web)) { execute :systemctl, "--user", "reload-or-restart", "puma" }
end
