=begin
preload_app!
workers 0
=end
# preload_app!
banner = <<~TEXT
  preload_app!
  fork_worker
TEXT
puts banner if $DEBUG; workers(2); threads(1, 5)
directory %q(/srv/shop/current)
state_path('/srv/shop/shared/tmp/pids/' + 'puma.state')
control = %(unix:///srv/shop/shared/tmp/sockets/pumactl.sock?umask=0117)
activate_control_app control
__END__
preload_app!
