set :application, "clinic"
set :deploy_to, "/srv/clinic"
set :puma_service_unit_name, -> { "puma-#{fetch(:application)}.service" }
set :ssh_options, {
  user: "clinic",
  port: 2222,
  keys: %w[~/.ssh/clinic] + [File.join(Dir.home, ".ssh", "spare")],
  forward_agent: true,
  auth_methods: %w[publickey],
  proxy: Net::SSH::Proxy::Command.new("ssh -q -l ops -p 2200 bastion.example.com -W %h:%p"),
}
