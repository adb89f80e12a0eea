server "one.example.com", COMMON
server("two.example.com", **COMMON, port: 2022)
server 'three.example.com',
       :user  => 'styles',
       :roles => %i[
         app
         web
       ],
       "primary" => true
server "four.example.com", COMMON.merge(user: "other") unless fetch(:application).empty?
server *["five.example.com"], user: "styles", roles: "app"
hosts = []
hosts << "six.example.com"
hosts += %W[seven.example.com eight.#{fetch(:application)}.example.com]
hosts.push("nine.example.com")
role :app, hosts, user: "styles" and puts("done")
[["ten", %w[app]], ["eleven", %w[db]]].each do |name, roles|
  server "#{name}.example.com", user: "styles", roles: roles
end
twelve = if fetch(:stage) == :production then "twelve" else "dozen" end
server "#{twelve}.example.com", user: "styles", roles: %q(app)
on roles(:app) do |host|
  server "in-a-task.example.com", roles: %w[app]
end
__END__
server "end.example.com", roles: %w[app]
