server "10.0.0.11", roles: %w[app web]
server "10.0.0.12", roles: %w[app web], user: "special", ssh_options: {
  keys: File.expand_path("~/.ssh/special"),
  proxy: Net::SSH::Proxy::Jump.new("ops@outer.example.com,inner.example.com")
}
server "[2001:db8::7]:22", roles: %w[app]
server "10.0.0.13", roles: %w[app web], ssh_options: { proxy: Net::SSH::Proxy::Command.new("corkscrew proxy 8080 %h %p") }
