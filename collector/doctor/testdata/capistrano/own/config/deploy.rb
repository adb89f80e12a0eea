set :application, "shop"
set :deploy_to, -> { "/srv/#{fetch(:application)}" }
set :linked_dirs, %w[log tmp/pids]
