directory "/srv/shop/current"
workers 2
worker_timeout 10
worker_check_interval 5
worker_shutdown_timeout 8
worker_boot_timeout 120
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
