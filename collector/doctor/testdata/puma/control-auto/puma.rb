directory "/srv/shop/current"
workers 2
activate_control_app
