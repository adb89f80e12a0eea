SITES.fetch(:us)[:nodes].times { |n| node(SITES[:us][:name], n + 1) }
