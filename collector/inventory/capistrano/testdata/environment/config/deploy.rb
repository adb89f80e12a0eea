set :application, ENV.fetch("APP_NAME", "portal")
set :user, ENV["DEPLOY_USER"] || "deployer"
set :puma_state, "#{shared_path}/tmp/pids/puma.state"
set :deploy_to, "/opt/#{fetch(:application)}"
