app_dir = File.expand_path("..", __dir__)
workers 2
bind "unix://#{app_dir}/tmp/sockets/puma.sock"
pidfile "#{app_dir}/tmp/pids/puma.pid"
