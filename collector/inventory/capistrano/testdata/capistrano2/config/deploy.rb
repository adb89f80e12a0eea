require 'bundler/capistrano'
set :stages, %w(production staging)
set :default_stage, "staging"
require 'capistrano/ext/multistage'

set :application, "ledger"
set :user, "ledger"
set :use_sudo, false
set(:deploy_to) { "/home/#{user}/#{application}" }
set :gateway, "gate@gate.example.com:2022"
ssh_options[:port] = 2201
ssh_options[:keys] = [File.join(ENV["HOME"], ".ssh", "ledger")]
default_run_options[:pty] = true

namespace :deploy do
  task :start, :roles => :app, :except => { :no_release => true } do
    run "cd #{current_path} && bundle exec puma -C config/puma.rb"
  end
end
