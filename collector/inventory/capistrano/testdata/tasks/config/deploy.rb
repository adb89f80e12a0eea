set :application, "forum"
set :user, "forum"

desc "The real one"
task :production do
  set :rails_env, "production"
  role(:app) { %w[forum1.example.com forum2.example.com] }
  role :db, "forum-db.example.com", :primary => true
end

task :demo do
  server "demo.example.com", :app, :web
end

task :uname, :roles => :app do
  run "uname -a"
end
