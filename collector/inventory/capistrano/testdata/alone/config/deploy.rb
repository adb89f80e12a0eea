set :application, "kiosk"
set :stage, :kiosk
server "kiosk.example.com", user: "kiosk", roles: %w[frontend]
