directory "/srv/shop/current"
threads 5, 5
rackup "config.ru"
bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
