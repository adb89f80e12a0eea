eval(File.read("/etc/puma/defaults.rb"), binding)
workers 2
