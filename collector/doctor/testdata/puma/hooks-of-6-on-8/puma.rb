directory "/srv/shop/current"
workers 2
preload_app! false

on_worker_boot do |index|
  SemanticLogger.reopen
end

on_restart do
  ENV["BUNDLE_GEMFILE"] = "/srv/shop/current/Gemfile"
end
state_path "/srv/shop/shared/tmp/pids/puma.state"
activate_control_app "unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117"
