set :application, "shop"
set :deploy_to, "/srv/shop"
set :puma_phased_restart, true
set :linked_dirs, fetch(:linked_dirs, []).push("log", "tmp/pids", "tmp/sockets")
after "deploy:finished", "app:reload"
