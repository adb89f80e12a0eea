directory "/srv/shop/current"
workers 3
fork_worker 500
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
