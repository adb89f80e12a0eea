node "dev", 1
