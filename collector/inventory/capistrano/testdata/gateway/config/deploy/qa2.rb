set :ssh_options, fetch(:ssh_options).merge(port: 22, proxy: nil, keys: [ENV["HOME"] + "/.ssh/qa"])
server "qa.example.com", roles: %w[app web]
