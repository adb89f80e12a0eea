directory "/srv/shop/current"
workers 2
preload_app! false
before_worker_boot { SemanticLogger.reopen }
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
