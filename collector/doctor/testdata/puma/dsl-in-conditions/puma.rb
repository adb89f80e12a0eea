# The zero-downtime settings of the lab: everything by the environment.
shared_dir = "/srv/shop/shared"
directory "/srv/shop/current"
workers Integer(ENV.fetch("WORKERS", "2"))
threads 1, Integer(ENV.fetch("THREADS", "5"))

preload_app! false unless ENV["PRELOAD"] == "true"
preload_app! if ENV["PRELOAD"] == "true"
fork_worker if ENV["FORK_WORKER"] == "true"
worker_shutdown_timeout Integer(ENV["SHUTDOWN"]) if ENV["SHUTDOWN"]

state_path "#{shared_dir}/tmp/pids/puma.state"
unless ENV["CONTROL"] == "off"
  options = ENV["TOKEN"] ? { auth_token: ENV["TOKEN"] } : {}
  options[:data_only] = true if ENV["DATA_ONLY"] == "true"
  activate_control_app ENV.fetch("CONTROL_URL", "unix://#{shared_dir}/tmp/sockets/pumactl.sock"), options
end
