# one file for all applications
instance_eval File.read(File.join(__dir__, "puma_common.rb"))

worker_shutdown_timeout 20
