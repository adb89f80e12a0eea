HOSTS["production"].each do |host|
  server host, user: "radio", roles: %w[api]
end

ENV["HOSTS"].split(",").each { |h| server h, roles: :api }

File.readlines("hosts.txt").map(&:chomp).each do |line|
  role :api, line
end

def discovered(group)
  Aws::EC2::Client.new(region: "eu-central-1").describe_instances.map(&:private_ip)
end
role :api, discovered("radio")

names = ["radio8", "radio9"]
names.shuffle.each { |n| server "#{n}.example.com", roles: %w[api] }

i = 0
while i < 3
  server "radio#{i}.example.com", roles: %w[api]
  i += 1
end

server "radio7.example.com", user: "radio", password: "correct horse", roles: %w[api], port: CUSTOM_PORT
options = load_options
server "radio6.example.com", options
role :api, ["radio5.example.com", Resolver.lookup("radio4")]
server "-oProxyCommand=touch", roles: %w[api]
load "config/deploy/more_hosts.rb"
