require "yaml"
require "net/http"
set :application, "radio"
set :deploy_to, "/srv/radio"
set :puma_role, %i[api]
HOSTS = YAML.load_file("config/hosts.yml")
