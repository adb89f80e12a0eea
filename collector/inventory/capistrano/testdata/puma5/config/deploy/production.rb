role :app, %w{deploy@intra1.example.com deploy@intra2.example.com:2222}
role :web, %w{deploy@proxy.example.com}
role :db,  %w{deploy@intra1.example.com}
