# In the manner of the guides that put Puma behind nginx: everything below the directory of the file.

workers 2
threads 1, 6

app_dir = File.expand_path("../..", __FILE__)
shared_dir = "#{app_dir}/shared"

rails_env = ENV['RAILS_ENV'] || "production"
environment rails_env

bind "unix://#{shared_dir}/sockets/puma.sock"
stdout_redirect "#{shared_dir}/log/out.log", "#{shared_dir}/log/err.log", true

# where pumactl looks
pidfile "#{shared_dir}/pids/puma.pid"
state_path "#{shared_dir}/pids/puma.state"
activate_control_app

on_worker_boot do
  Shop::Pool.disconnect! rescue Shop::Pool::NotConnected
  Shop::Pool.connect(YAML.load_file("#{app_dir}/config/database.yml")[rails_env])
end
