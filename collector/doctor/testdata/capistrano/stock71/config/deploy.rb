set :application, "shop"
set :deploy_to, "/srv/shop"
