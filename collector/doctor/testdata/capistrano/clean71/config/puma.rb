workers 2
directory "/srv/shop/current"
bind "unix:///srv/shop/shared/tmp/sockets/puma.sock"
