set :deploy_to, '/srv/training'
set :puma_state, -> { shared_path.join('run', 'state') }
role :app, 'intranet@training.example.com'
