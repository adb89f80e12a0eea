set :puma_systemctl_user, :system
set :puma_service_unit_name, "bookshop-staging"
server "staging.example.com", user: "deploy", roles: [:app, :web, :db]
