directory "/srv/shop/current"
workers 2
preload_app! false
state_path "/srv/shop/shared/tmp/pids/puma.state"
