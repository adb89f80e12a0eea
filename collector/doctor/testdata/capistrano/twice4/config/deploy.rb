set :application, 'blog'
set :puma_workers, 3
set :keep_releases, 1
namespace :deploy do
  desc 'Restart'
  task :restart do
    on roles(:app), in: :sequence, wait: 5 do |host|
      within release_path do
        execute :bundle, :exec, :pumactl, '-S', shared_path.join('tmp/pids/puma.state'), :restart
      end
    end
  end
  after :publishing, :restart
end
