server "web1", roles: %w[app]
