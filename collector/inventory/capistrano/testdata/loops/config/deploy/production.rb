DOMAIN = 'tickets.example.net'

%w[alpha beta].each do |name|
  server "#{name}.#{DOMAIN}", user: 'tickets', roles: %w[app]
end

(1..3).each { |i| server "web#{i}.#{DOMAIN}", user: 'tickets', roles: %i[web app] }

1.upto(2) do |n|
  server format('batch%02d.%s', n, DOMAIN), user: 'tickets', roles: [:web]
end

{ 'fra' => 2201, 'ams' => 2202 }.each do |site, port|
  server "edge.#{site}.example.net", port: port, user: 'tickets', roles: :web
end

for i in 'a'..'b' do
  server "cell-#{i}.#{DOMAIN}", user: 'tickets', roles: %w[app]
end

extra = %w[x1 x2 x3].reject { |h| h == 'x2' }.map { |h| "#{h}.#{DOMAIN}" }
role :app, extra, user: 'extra'

2.times do |i|
  next if i == 0
  server "only#{i}.#{DOMAIN}", user: 'tickets', roles: %w[app]
end
