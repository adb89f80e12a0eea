directory '/srv/shop/current'
environment 'production'

workers 2
threads 0, 16

bind 'unix:///srv/shop/shared/tmp/sockets/puma.sock'
state_path '/srv/shop/shared/tmp/pids/puma.state'
pidfile '/srv/shop/shared/tmp/pids/puma.pid'
activate_control_app 'unix:///srv/shop/shared/tmp/sockets/pumactl.sock'
prune_bundler
