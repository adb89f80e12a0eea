app_dir = File.expand_path("..", __dir__)
shared_dir = "/srv/shop/shared"

directory File.expand_path("..", __dir__)
workers 2
preload_app! false

state_path "#{shared_dir}/tmp/pids/puma.state"
activate_control_app "unix://#{shared_dir}/tmp/sockets/pumactl.sock"
