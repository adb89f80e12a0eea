site = SITES[:eu]
(1..site[:nodes]).each do |n|
  node site[:name], n, port: 22
end
