server "web1", user: "deploy", roles: %w[web]
