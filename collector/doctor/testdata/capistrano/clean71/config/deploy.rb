lock "~> 3.19"
set :application, "shop"
set :deploy_to, "/srv/shop"
set :puma_phased_restart, true
set :keep_releases, 5
append :linked_dirs, "log", "tmp/pids", "tmp/cache", "tmp/sockets"
