server "web1.example.com", user: fetch(:user), roles: %w{app web}, primary: true
server "web2.example.com", user: fetch(:user), roles: %w{app web}
server "db1.example.com", user: fetch(:user), roles: %w{db}, no_release: true
server "jobs1.example.com", user: fetch(:user), roles: %w[worker]
