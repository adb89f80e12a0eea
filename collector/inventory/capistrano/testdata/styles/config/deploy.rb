# server "comment.example.com", roles: %w[app]
=begin
server "block-comment.example.com", roles: %w[app]
=end
set(:application,
    "styles")
set :deploy_to,
  File.join("/srv", fetch(:application, "none"), # where it lies
            "app")
set :note, <<~TEXT
  server "heredoc.example.com", roles: %w[app]
TEXT
begin
  require "dotenv/load"
rescue LoadError => e
  warn "no dotenv: #{e.message}"
  server "rescued.example.com", roles: %w[app]
end
COMMON = { user: "styles", roles: [:app, :web] }
set :puma_service_unit_name, "#{fetch(:application)}-#{fetch(:stage)}".downcase
