directory "/srv/shop/current"
workers 2
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "tcp://0.0.0.0:9293", { no_token: true }
