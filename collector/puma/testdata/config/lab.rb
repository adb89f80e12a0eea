# The zero-downtime settings of the 2025 nginx and Puma guide; shared/puma.env overrides them host by host.
shared_dir = "/srv/shop/shared"
directory "/srv/shop/current"
environment "production"
rackup "config.ru"

workers Integer(ENV.fetch("WORKERS", "2"))
threads 1, Integer(ENV.fetch("THREADS", "5"))
bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"

preload_app! false unless ENV["PRELOAD"] == "true"
preload_app! if ENV["PRELOAD"] == "true"
prune_bundler unless ENV["PRELOAD"] == "true"
fork_worker if ENV["FORK_WORKER"] == "true"
worker_shutdown_timeout Integer(ENV["SHUTDOWN"]) if ENV["SHUTDOWN"]
worker_boot_timeout Integer(ENV["BOOT"]) if ENV["BOOT"]

state_path "#{shared_dir}/tmp/pids/puma.state"
pidfile "#{shared_dir}/tmp/pids/puma.pid"
unless ENV["CONTROL"] == "off"
  options = ENV["TOKEN"] ? { auth_token: ENV["TOKEN"] } : {}
  options = { no_token: true } if ENV["TOKEN"] == "none"
  activate_control_app ENV.fetch("CONTROL_URL", "unix://#{shared_dir}/tmp/sockets/pumactl.sock"), options
end
