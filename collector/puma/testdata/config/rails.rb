# In the manner of what Rails 7 generates: the environment decides nearly everything.
max_threads = ENV.fetch("RAILS_MAX_THREADS") { 5 }
min_threads = ENV.fetch("RAILS_MIN_THREADS") { max_threads }
threads min_threads, max_threads

if ENV["RAILS_ENV"] == "production"
  require "shop/cores"
  count = Integer(ENV.fetch("WEB_CONCURRENCY") { Shop.cores })
  workers count if count > 1
end

worker_timeout 3600 if ENV.fetch("RAILS_ENV", "development") == "development"

port ENV.fetch("PORT") { 3000 }
environment ENV.fetch("RAILS_ENV") { "development" }
pidfile ENV.fetch("PIDFILE") { "tmp/pids/server.pid" }

# preload_app!

# `bin/rails restart`
plugin :tmp_restart
plugin :solid_queue if ENV["SOLID_QUEUE_IN_PUMA"]
