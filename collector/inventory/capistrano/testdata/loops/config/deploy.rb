set :application, 'tickets'
set :deploy_to, -> { "/var/www/#{fetch(:application)}-#{fetch(:stage)}" }
