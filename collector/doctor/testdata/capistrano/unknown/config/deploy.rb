set :application, "shop"
set :deploy_to, "/srv/shop"
set :keep_releases, ENV["KEEP"]
set :puma_phased_restart, Settings.phased
set :puma_enable_lingering, lookup("lingering")
set :linked_dirs, shared_directories
