def node(site, number, **more)
  server "billing-#{site}#{number.to_s.rjust(2, "0")}.example.com", user: "billing", roles: %w[web app], **more
end

SITES = {
  eu: { name: "fra", nodes: 2 },
  us: { name: "iad", nodes: 1 }
}.freeze
