use strict; use Socket qw(:DEFAULT); use IO::Handle; use Errno;
$0 = 'pumatop relay';
$SIG{PIPE} = 'IGNORE';
my $most = 1114112;
my @words = qw(ENOENT ECONNREFUSED EACCES EPERM ENOTSOCK ENOTDIR ELOOP ETIMEDOUT EHOSTUNREACH ENETUNREACH ECONNRESET EPIPE EADDRNOTAVAIL EMSGSIZE);
my %conns; my $buffer = '';
binmode STDIN; binmode STDOUT; STDOUT->autoflush(1);

sub say_ { my $line = join(' ', @_) . "\n";
  while (length $line) { my $n = syswrite STDOUT, $line;
    unless (defined $n) { next if $!{EINTR}; exit 1 }
    substr($line, 0, $n) = '' } }
sub encode { my $r = pack 'u', $_[0];
  $r =~ s/^.//mg; $r =~ tr/\n//d; $r =~ tr|` -_|AA-Za-z0-9+/|;
  my $pad = (3 - length($_[0]) % 3) % 3; $r =~ s/.{$pad}$/'=' x $pad/e if $pad; $r }
sub decode { my $s = shift; $s =~ tr|A-Za-z0-9+/||cd; $s =~ tr|A-Za-z0-9+/| -_|; my $r = '';
  while ($s =~ /(.{1,60})/gs) { $r .= unpack 'u', chr(32 + int(length($1) * 3 / 4)) . $1 } $r }
sub word { for my $w (@words) { return $w if $!{$w} } 'EIO' }

sub done { my ($id, $word) = @_;
  my $c = delete $conns{$id} or return;
  close $c->{fh} if $c->{fh};
  $word ? say_('error', $id, $word) : say_('end', $id) }

# connected tries once; false means later.
sub connected { my ($id, $c) = @_;
  return 1 if connect($c->{fh}, $c->{to}) || $!{EISCONN};
  return 0 if $!{EINPROGRESS} || $!{EALREADY} || $!{EAGAIN};
  my $w = word();
  $w = 'ENOTSOCK' if $w eq 'ECONNREFUSED' && defined $c->{path} && ! -S $c->{path};
  done($id, $w); 0 }

sub start { my ($id, $network, $name, $limit) = @_;
  my $c = $conns{$id} = {till => time + int($limit / 1000) + 1, total => 0, tcp => $network eq 'tcp'};
  my $family = PF_UNIX;
  if ($network eq 'tcp') {
    my ($host, $port) = $name =~ /^\[?(.*?)\]?:(\d+)$/ or return done($id, 'UNRESOLVED');
    my ($err, @found) = Socket::getaddrinfo($host, $port, {socktype => SOCK_STREAM});
    return done($id, 'UNRESOLVED') if $err || !@found;
    ($family, $c->{to}) = @{$found[0]}{qw(family addr)};
  } else {
    return done($id, 'ENAMETOOLONG') if length($name) > 107;
    $c->{path} = $name if $network eq 'unix';
    $c->{to} = pack_sockaddr_un($network eq 'abstract' ? "\0$name" : $name);
  }
  socket($c->{fh}, $family, SOCK_STREAM, 0) or return done($id, word());
  $c->{fh}->blocking(0);
  opened($id, $c) if connected($id, $c) }

sub opened { my ($id, $c) = @_; $c->{open} = 1; say_('opened', $id) }

sub take { my ($id, $c) = @_;
  my $n = sysread $c->{fh}, my $bytes, 49152;
  if (!defined $n) { return if $!{EAGAIN} || $!{EINTR}; return done($id, word()) }
  return done($id) if !$n;
  return done($id, 'EMSGSIZE') if ($c->{total} += $n) > $most;
  say_('data', $id, encode($bytes)) }

sub order { my ($verb, $id, @rest) = split ' ', shift;
  return start($id, $rest[0], decode($rest[1]), $rest[2]) if $verb eq 'open';
  my $c = $conns{$id} or return;
  return done($id) if $verb eq 'close';
  syswrite $c->{fh}, decode($rest[0]) if $verb eq 'write' }

say_('relay 1 perl streams', sprintf '%vd', $^V);
while (1) {
  my ($r, $w, $wait) = ('', '', 1);
  vec($r, 0, 1) = 1;
  for my $c (values %conns) {
    if ($c->{open}) { vec($r, fileno $c->{fh}, 1) = 1 }
    elsif ($c->{tcp}) { vec($w, fileno $c->{fh}, 1) = 1 }
    else { $wait = 0.02 } } # a unix socket whose queue is full tells nobody when it is not
  my $n = select $r, $w, undef, %conns ? $wait : undef;
  next if $n < 0;
  for my $id (keys %conns) { my $c = $conns{$id} or next;
    if (!$c->{open}) { opened($id, $c) if connected($id, $c) }
    elsif (vec $r, fileno $c->{fh}, 1) { take($id, $c) }
    done($id, 'ETIMEDOUT') if $conns{$id} && time > $c->{till} }
  next unless vec $r, 0, 1;
  my $got = sysread STDIN, $buffer, 65536, length $buffer;
  last unless $got;
  order($1) while $buffer =~ s/^(.*)\n// }
exit 0;
