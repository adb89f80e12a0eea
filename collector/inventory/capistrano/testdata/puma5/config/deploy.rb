set :application, 'intranet'
set :puma_control_app, true
set :puma_user, 'intranet'
