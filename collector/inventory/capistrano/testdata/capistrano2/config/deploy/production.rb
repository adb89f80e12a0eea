set :domain, "ledger.example.com"
role :web, domain, :no_release => true
role :app, "app1.#{domain}", "app2.#{domain}:22"
role :db, "db.#{domain}", :primary => true
