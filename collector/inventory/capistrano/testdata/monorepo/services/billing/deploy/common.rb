set :application, "billing"
set :deploy_to, "/srv/apps/billing"
require_relative "lib/fleet"
