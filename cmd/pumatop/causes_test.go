package main

import (
	"context"
	"crypto/rand"
	"errors"
	"net"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector"
	"pumatop/collector/pumatest"
	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// causeCase is one way not to get at a Puma's figures: a host that has it, and what is then said, word for word.
type causeCase struct {
	// host is its name, and target what the command line says where that is something else.
	host, target string
	control      string // of --control, without the name
	make         func(n *brokenNet, host string)
	stage        string
	text, remedy string
}

const shopSocket = "/srv/shop/shared/tmp/sockets/pumactl.sock"

// causeCases are all of them, in the order of the stages.
func causeCases() []causeCase {
	puma := func(prepare func(*pumatest.Host)) func(*brokenNet, string) {
		return func(n *brokenNet, host string) { prepare(n.pumas[host]) }
	}
	fault := func(f pumatest.Fault) func(*brokenNet, string) {
		return puma(func(h *pumatest.Host) { h.Puma(0).Break(f) })
	}
	answers := func(text string) func(*brokenNet, string) {
		return puma(func(h *pumatest.Host) { h.Puma(0).Impersonate(pumatest.Answer(text)) })
	}
	const ok = "HTTP/1.1 200 OK\r\nContent-Length: "
	rightSocket := "find out what listens there; the control app's own address is control_url in Puma's state file"
	return []causeCase{
		{host: "config", make: configured("hostname", "-oProxyCommand=x"), stage: "config", text: "HostName or User: it begins with -",
			remedy: "mend the ssh configuration; `ssh -G config` shows the same error"},
		{host: "nocontrol", make: puma(func(*pumatest.Host) {}), stage: "config", text: "/srv/shop/shared/config/puma.rb has no activate_control_app",
			remedy: `add to /srv/shop/shared/config/puma.rb: activate_control_app "unix://` + shopSocket + `", then restart Puma in full`},
		{host: "unknown", make: configured("hostname", "unknown.example.com"), stage: "resolve", text: "the name unknown.example.com is not known",
			remedy: "check the name, or HostName in the ssh configuration"},
		{host: "behind", make: configured("proxyjump", "bastion"), stage: "jump", text: "on the way: bastion: connection refused (port 22)",
			remedy: "check that sshd runs there and listens on that port (Port in the ssh configuration)"},
		{host: "refused", make: dialling(&net.OpError{Op: "dial", Err: syscall.ECONNREFUSED}), stage: "dial", text: "connection refused (port 22)",
			remedy: "check that sshd runs there and listens on that port (Port in the ssh configuration)"},
		{host: "dead", make: dialling(nil), stage: "dial", text: "no answer within 10s (port 22)",
			remedy: "check that the host is up, and the way to it: network, VPN, firewall"},
		{host: "busy", make: puma(func(h *pumatest.Host) { h.Server().Refuse("Exceeded MaxStartups\r\n") }), stage: "handshake",
			text:   "the server hung up (port 22): Exceeded MaxStartups",
			remedy: "wait: it limits new logins (MaxStartups) or punishes failed ones (PerSourcePenalties)"},
		{host: "newhost", make: func(n *brokenNet, host string) { n.known[host] = "" }, stage: "host-key", text: "host key not known: ssh-ed25519 SHA256:HOST",
			remedy: "run `ssh newhost` once, compare the fingerprint and answer yes"},
		{host: "changed", make: func(n *brokenNet, host string) { n.known[host] = knownAs(host) }, stage: "host-key",
			text:   "HOST KEY HAS CHANGED: it is ssh-ed25519 SHA256:HOST, known is ssh-ed25519 SHA256:OTHER (pumatop:LINE)",
			remedy: "find out why before anything else; if the host was set up anew: ssh-keygen -R 'changed' -f 'pumatop'"},
		{host: "revoked", make: func(n *brokenNet, host string) { n.known[host] = "@revoked " + n.known[host] }, stage: "host-key",
			text:   "HOST KEY IS REVOKED (pumatop:LINE): ssh-ed25519 SHA256:HOST",
			remedy: "do not connect; ask who revoked the key, and give the host a new one"},
		{host: "expired", make: certified(-2*time.Hour, -time.Hour), stage: "host-key", text: "host certificate refused: cert has expired",
			remedy: "have the host's certificate renewed for this name, or correct the @cert-authority line"},
		{host: "ancient", make: speaking("diffie-hellman-group14-sha1"), stage: "handshake",
			text:   "no common algorithm for key exchange: the server offers diffie-hellman-group14-sha1",
			remedy: "update the host's sshd, or allow one of these in the ssh configuration"},
		{host: "nokey", target: "root@nokey", make: puma(func(*pumatest.Host) {}), stage: "auth", text: "no login as root: no key accepted, offered ssh-ed25519",
			remedy: "check that `ssh root@nokey` logs in without a question, and that the key is in the host's authorized_keys"},
		{host: "noshell", make: puma(func(h *pumatest.Host) { h.RefuseCommands(true) }), stage: "shell", text: "the login runs no commands",
			remedy: "name its control socket (--control), or use a key without command= in authorized_keys and a login with a shell"},
		{host: "missing", make: fault(pumatest.SocketGone), stage: "forward", text: "no control socket at " + shopSocket + ", and its workers are there",
			remedy: "restart Puma in full: its own control socket is not at that path any more"},
		{host: "stale", make: fault(pumatest.SocketStale), stage: "forward", text: "nobody listens at " + shopSocket + ", and its workers are there",
			remedy: "restart Puma in full: its own control socket is not at that path any more"},
		{host: "denied", make: fault(pumatest.SocketDenied), stage: "forward", text: "deploy may not open " + shopSocket + " (srwx------ puma puma)",
			remedy: "log in as puma, or let its group write to it (umask=0007 in activate_control_app's URL) and add deploy to group puma"},
		{host: "walled", make: fault(pumatest.SocketWalled), stage: "forward",
			text:   "deploy may not pass /srv/shop/shared/tmp/sockets (drwx------ puma puma) on the way to " + shopSocket,
			remedy: "log in as puma, or let others pass it (chmod o+x)"},
		{host: "forbidden", make: puma(func(h *pumatest.Host) { h.RefuseForwarding(true); h.RefuseRelay(true) }), stage: "forward",
			text:   "the SSH server forbids forwarding to " + shopSocket + "; no relay: the host has no ruby, python3, perl, curl or socat to relay with",
			remedy: "install one of ruby, python3, perl, curl and socat for the login, or allow forwarding in the host's sshd_config"},
		{host: "tcprefused", control: "tcp://127.0.0.1:9293", make: forwardingOnly(nil), stage: "forward", text: "nobody listens at 127.0.0.1:9293",
			remedy: "check that Puma runs, that this is its control socket, and that the login may open it"},
		{host: "plaintls", control: "tcp://127.0.0.1:9293", make: forwardingOnly(pumatest.Answer("\x15\x03\x01\x00\x02\x02\x46")), stage: "tls",
			text: "TLS is spoken there, and the control URL does not say so", remedy: "begin the control URL with ssl://"},
		{host: "notls", control: "ssl://127.0.0.1:9293", make: forwardingOnly(pumatest.Answer("HTTP/1.0 400 Bad Request\r\n\r\n")), stage: "tls",
			text:   "what answers at ssl://127.0.0.1:9293 speaks no TLS",
			remedy: "let activate_control_app listen on ssl://127.0.0.1:PORT with TLS 1.2 or later, or on a unix:// path, which needs no TLS"},
		{host: "token", make: fault(pumatest.WrongToken), stage: "token", text: "the control app refuses the token of its state file, read twice",
			remedy: "the file is not this Puma's, or was changed by hand; name the right one: HOST:/path/puma.state"},
		{host: "hung", make: puma(func(h *pumatest.Host) { h.Puma(0).Freeze() }), stage: "http", text: "the control socket does not answer",
			remedy: "where the host itself answers, look at the master: a hook or a stopped process keeps it from answering"},
		{host: "nginx", make: answers("HTTP/1.1 404 Not Found\r\nServer: nginx/1.22.1\r\nContent-Type: text/html\r\nContent-Length: 15\r\n\r\n<html>no</html>"),
			stage: "http", text: "another web server (nginx/1.22.1) answers there, no control app, with status 404", remedy: rightSocket},
		{host: "sshd", make: answers("SSH-2.0-OpenSSH_9.2p1\r\n"), stage: "http", text: "an SSH server answers there, no control app", remedy: rightSocket},
		{host: "garbage", make: answers("\x00\x01\x02\x03\x04\x05\x06\x07"), stage: "http", text: "something that is not HTTP answers there, no control app", remedy: rightSocket},
		{host: "endless", make: answers("HTTP/1.0 200 OK\r\n" + strings.Repeat("X-More: of it\r\n", 6000)), stage: "http",
			text: "something without end answers there, no control app", remedy: rightSocket},
		{host: "html", make: answers(ok + "15\r\n\r\n<html>hi</html>"), stage: "decode", text: "an HTML page answers there, no control app", remedy: rightSocket},
		{host: "app", make: answers("HTTP/1.1 200 OK\r\nserver: nginx\r\nContent-Length: 2\r\n\r\nhi"), stage: "decode",
			text: "another web server (nginx) answers there, no control app", remedy: rightSocket},
		{host: "json", make: answers(ok + "17\r\n\r\n{\"status\": \"yes\"}"), stage: "decode", text: "JSON that is not Puma's answers there, no control app", remedy: rightSocket},
		{host: "cutoff", make: answers(ok + "13\r\n\r\n{\"workers\": 2"), stage: "decode", text: "the figures end in the middle",
			remedy: "look at them on the host, as Puma's user: pumactl stats"},
	}
}

// brokenNet is a network in which each host has one thing wrong with it.
type brokenNet struct {
	pumas   map[string]*pumatest.Host
	servers map[string]*sshtest.Server // that have no Puma of their own
	dials   map[string]error           // nil waits for ever
	config  map[string][2]string       // what the ssh configuration says of a host
	known   map[string]string          // its line of known_hosts
}

func configured(keyword, value string) func(*brokenNet, string) {
	return func(n *brokenNet, host string) { n.config[host] = [2]string{keyword, value} }
}

func dialling(err error) func(*brokenNet, string) {
	return func(n *brokenNet, host string) { n.dials[host] = err }
}

// forwardingOnly is a host that runs no commands, with something on its port 9293.
func forwardingOnly(serve func(net.Conn)) func(*brokenNet, string) {
	return func(n *brokenNet, host string) {
		s := sshtest.New(sshtest.Options{DialTCP: func(string) (net.Conn, error) {
			if serve == nil {
				return nil, syscall.ECONNREFUSED
			}
			client, server := sshtest.Pipe()
			go serve(server)
			return client, nil
		}})
		n.servers[host], n.known[host] = s, s.KnownHosts(host)
	}
}

// certified is a host that proves itself by a certificate of a known authority's, which holds from one moment to another.
func certified(from, until time.Duration) func(*brokenNet, string) {
	return func(n *brokenNet, host string) {
		key, authority := sshtest.NewKey(), sshtest.NewKey()
		cert := &ssh.Certificate{Key: key.PublicKey(), CertType: ssh.HostCert, ValidPrincipals: []string{host},
			ValidAfter: uint64(time.Now().Add(from).Unix()), ValidBefore: uint64(time.Now().Add(until).Unix())}
		err := cert.SignCert(rand.Reader, authority)
		signer, certErr := ssh.NewCertSigner(cert, key)
		if err = errors.Join(err, certErr); err != nil {
			panic(err) // ed25519 is always supported
		}
		n.servers[host] = sshtest.New(sshtest.Options{HostKeys: []ssh.Signer{signer}})
		n.known[host] = "@cert-authority " + host + " " + string(ssh.MarshalAuthorizedKey(authority.PublicKey()))
	}
}

// speaking is a host whose SSH server agrees on keys in one way alone.
func speaking(exchange string) func(*brokenNet, string) {
	return func(n *brokenNet, host string) {
		s := sshtest.New(sshtest.Options{Config: func(c *ssh.ServerConfig) { c.KeyExchanges = []string{exchange} }})
		n.servers[host], n.known[host] = s, s.KnownHosts(host)
	}
}

// knownAs is a known_hosts line with some other key.
func knownAs(host string) string {
	return host + " " + string(ssh.MarshalAuthorizedKey(sshtest.NewKey().PublicKey()))
}

// breakAll makes the network of the cases, and what the command line is to say of each.
func breakAll(cases []causeCase) (o remote.Options, targets, controls []string) {
	n := &brokenNet{map[string]*pumatest.Host{}, map[string]*sshtest.Server{}, map[string]error{"bastion": syscall.ECONNREFUSED},
		map[string][2]string{}, map[string]string{}}
	var hosts []*pumatest.Host
	for i, c := range cases {
		h := pumatest.NewHost(c.host, uint64(i), pumatest.Config{Version: "6.6.1", Workers: 2, Token: "s3cret", Uptime: time.Hour, NoControl: c.host == "nocontrol"})
		n.pumas[c.host], n.known[c.host] = h, strings.TrimSpace("x "+string(ssh.MarshalAuthorizedKey(h.HostKey())))
		n.known[c.host] = c.host + strings.TrimPrefix(n.known[c.host], "x")
		hosts = append(hosts, h)
		c.make(n, c.host)
		target := c.host
		if c.target != "" {
			target = c.target
		}
		if targets = append(targets, target); c.control != "" {
			controls = append(controls, c.host+"/puma="+c.control)
		}
	}
	o = pumatest.FleetOf(hosts...).Options()
	o.Resolve, o.Dial, o.KnownHosts = n.resolve(o.Resolve), n.dial(o.Dial), nil
	for _, c := range cases {
		o.KnownHosts = append(o.KnownHosts, strings.TrimSpace(n.known[c.host])+"\n"...)
	}
	return o, targets, controls
}

func (n *brokenNet) resolve(next func(context.Context, sshconfig.Query) (sshconfig.Config, error)) func(context.Context, sshconfig.Query) (sshconfig.Config, error) {
	return func(ctx context.Context, q sshconfig.Query) (sshconfig.Config, error) {
		c, err := next(ctx, q)
		if set, ok := n.config[q.Host]; ok && err == nil {
			c[set[0]] = []string{set[1]}
		}
		return c, err
	}
}

func (n *brokenNet) dial(next func(context.Context, string, string) (net.Conn, error)) func(context.Context, string, string) (net.Conn, error) {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		host, _, _ := net.SplitHostPort(addr)
		if err, ok := n.dials[host]; ok {
			if err == nil {
				<-ctx.Done()
				err = ctx.Err()
			}
			return nil, &net.OpError{Op: "dial", Net: network, Err: err}
		}
		if s := n.servers[host]; s != nil {
			return s.Dial(ctx)
		}
		return next(ctx, network, addr)
	}
}

// said is what pumatop says of a host: of its target, or of itself where it has none.
type said struct {
	id                  string
	stage, text, remedy string
}

// saidOf reads the words of a fleet by host. Keys are new in every run, and stand for themselves.
func saidOf(f collector.Fleet) map[string]said {
	out := map[string]said{}
	for _, h := range f.Hosts {
		out[h.Name] = said{h.Name, h.Stage, h.Err, h.Remedy}
	}
	for _, s := range f.Targets {
		out[s.Host] = said{string(s.ID), s.Stage, s.Reason, s.Remedy}
	}
	return out
}

var (
	fingerprint = regexp.MustCompile(`SHA256:[A-Za-z0-9+/]{1,43}`)
	keyLine     = regexp.MustCompile(`\(pumatop:\d+`)
)

// anonymous puts words in place of what a test run makes up: fingerprints, and the line of a key.
func anonymous(text string) string {
	names := []string{"SHA256:HOST", "SHA256:OTHER"}
	text = fingerprint.ReplaceAllStringFunc(text, func(string) string {
		name := names[0]
		names = append(names[1:], "SHA256:MORE")
		return name
	})
	return keyLine.ReplaceAllString(text, "(pumatop:LINE")
}

// broken is the fleet of all the causes, once each is settled.
func broken(t *testing.T, cases []causeCase) (collector.Fleet, func()) {
	t.Helper()
	o, targets, named := breakAll(cases)
	hosts, err := parseTargets(targets)
	if err != nil {
		t.Fatal(err)
	}
	c := controls{urls: named}
	if err := c.apply(hosts, func(string) string { return "" }); err != nil {
		t.Fatal(err)
	}
	s, err := startSession(t.Context(), sessionOptions{remote: o, targets: hosts, interval: collector.DefaultInterval})
	if err != nil {
		t.Fatal(err)
	}
	time.Sleep(40 * time.Second)
	return s.collector.Fleet(), s.close
}

// TestEveryCause is said in its own words, with how far it came and what to do, through the code that meets it.
func TestEveryCause(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cases := causeCases()
		fleet, end := broken(t, cases)
		defer end()
		words := saidOf(fleet)
		for _, c := range cases {
			got := words[c.host]
			got.text = anonymous(got.text)
			if got.stage != c.stage || got.text != c.text || got.remedy != c.remedy {
				t.Errorf("%s\n stage %q, want %q\n  says %q\n  want %q\nadvises %q\n   want %q", c.host, got.stage, c.stage, got.text, c.text, got.remedy, c.remedy)
			}
			if strings.Contains(got.text, c.host+":") || strings.ContainsAny(got.text+got.remedy, "\n\x1b") {
				t.Errorf("%s: names its host again, or is no line: %q", c.host, got.text)
			}
		}
	})
}
