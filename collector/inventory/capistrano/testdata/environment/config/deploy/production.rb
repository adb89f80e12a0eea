server ENV.fetch("PRIMARY", "portal1.example.org"), user: fetch(:user), roles: %w[app web]
server ENV["SECONDARY"], user: fetch(:user), roles: %w[app web] if ENV["SECONDARY"]
server "portal3.example.org", user: ENV.fetch("LOGIN"), roles: %w[app]

if ENV["WITH_CANARY"] == "yes"
  server "canary.example.org", user: "deployer", roles: %w[app]
else
  role :app, %w[deployer@steady.example.org:2222]
end

case ENV.fetch("REGION", "eu")
when "eu" then server "eu.example.org", user: "deployer", roles: %w[app]
when "us" then server "us.example.org", user: "deployer", roles: %w[app]
else raise "which region?"
end

unless fetch(:stage) == :production
  server "never.example.org", roles: %w[app]
end
server "always.example.org", user: "deployer", roles: fetch(:stage) == :production ? %w[app] : %w[db]
