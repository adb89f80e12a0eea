server "staging.ledger.example.com", :app, :web, :db, :primary => true
