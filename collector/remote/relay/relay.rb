$0 = "pumatop relay"
MOST = 1_114_112
LOCK = Mutex.new
$stdin.binmode
$stdout.binmode
Conn = Struct.new(:socket, :closed)

def say(*words)
  LOCK.synchronize { $stdout.write(words.join(" ") << "\n"); $stdout.flush }
rescue SystemCallError, IOError
  exit! # nobody listens any more
end

def now
  Process.clock_gettime(Process::CLOCK_MONOTONIC)
end

def left(till)
  rest = till - now
  raise Errno::ETIMEDOUT if rest <= 0
  rest
end

def reach(conn, network, name, till)
  if network == "tcp"
    host, _, port = name.rpartition(":")
    return conn.socket = Socket.tcp(host.delete("[]"), port.to_i, connect_timeout: left(till))
  end
  to = Socket.sockaddr_un(network == "abstract" ? "\0" + name : name)
  conn.socket = Socket.new(:UNIX, :STREAM)
  begin
    conn.socket.connect_nonblock(to)
  rescue Errno::EINPROGRESS
    IO.select(nil, [conn.socket], nil, left(till))
    retry
  rescue Errno::EAGAIN # its queue is full
    raise Errno::ETIMEDOUT if conn.closed
    sleep [0.02, left(till)].min
    retry
  rescue Errno::EISCONN
  rescue Errno::ECONNREFUSED
    raise network == "abstract" || File.socket?(name) ? Errno::ECONNREFUSED : Errno::ENOTSOCK
  end
end

def copy(id, socket, till)
  total = 0
  loop do
    IO.select([socket], nil, nil, left(till)) or raise Errno::ETIMEDOUT
    bytes = socket.read_nonblock(49_152, exception: false) or return
    next if bytes == :wait_readable
    raise Errno::EMSGSIZE if (total += bytes.bytesize) > MOST
    say("data", id, [bytes].pack("m0"))
  end
end

def serve(id, conn, network, name, limit)
  till = now + limit / 1000.0
  reach(conn, network, name, till)
  raise Errno::ETIMEDOUT if conn.closed
  say("opened", id)
  copy(id, conn.socket, till)
  "end #{id}"
rescue SystemCallError => e
  "error #{id} #{e.class.name.split("::").last}"
rescue SocketError
  "error #{id} UNRESOLVED"
rescue ArgumentError
  "error #{id} ENAMETOOLONG"
rescue StandardError
  "error #{id} EIO"
ensure
  conn.socket.close rescue nil
end

conns = {}
say("relay 1 ruby streams", RUBY_VERSION)
while (line = $stdin.gets)
  verb, id, *rest = line.chomp.split(" ")
  case verb
  when "open"
    conns[id] = Conn.new
    Thread.new(id, conns[id], *rest) do |own, conn, network, name, limit|
      last = serve(own, conn, network, name.unpack("m0")[0], limit.to_i)
      conns.delete(own)
      say(last)
    end
  when "write"
    begin
      conn = conns[id] # once: its thread takes it away
      conn.socket.write(rest[0].unpack("m0")[0]) if conn && conn.socket
    rescue SystemCallError, IOError
      # the reader finds out
    end
  when "close"
    if (conn = conns[id])
      conn.closed = true
      conn.socket.shutdown rescue nil
    end
  end
end
exit!
