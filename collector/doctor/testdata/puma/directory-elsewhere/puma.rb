root = "/srv/shop/releases/20260101000000"
directory root
workers 2
state_path "#{root}/tmp/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
