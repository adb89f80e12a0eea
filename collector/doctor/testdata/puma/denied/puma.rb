preload_app!
