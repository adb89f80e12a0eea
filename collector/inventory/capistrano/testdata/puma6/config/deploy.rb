# frozen_string_literal: true

lock "~> 3.19"

set :application, "bookshop"
set :repo_url, "git@git.example.com:books/bookshop.git"
set :branch, ENV["BRANCH"] || `git rev-parse --abbrev-ref HEAD`.chomp
set :deploy_to, "/srv/#{fetch(:application)}"
set :linked_dirs, %w[log tmp/pids tmp/sockets]
append :linked_files, "config/master.key"
set :keep_releases, 5
set :user, "deploy"
set :puma_phased_restart, true

namespace :deploy do
  after :publishing, :restart
  task :restart do
    invoke "puma:smart_restart"
  end
end
