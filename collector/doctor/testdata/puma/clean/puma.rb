# frozen_string_literal: true

directory "/srv/shop/current"
environment "production"
workers 4
threads 3, 3
preload_app! false
bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"
worker_shutdown_timeout 60
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
