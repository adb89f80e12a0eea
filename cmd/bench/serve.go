package main

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"net"
	"os"
	"path/filepath"
	"runtime/debug"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/pumatest"
	"pumatop/collector/remote/sshtest"
)

const port = 2222

// ownGarbage is in percent: the hosts are other machines elsewhere, and what they cost here should disturb little.
const ownGarbage = 400

// server is the simulated fleet on real sockets.
type server struct {
	scene scene
	hosts []*host
	jump  *sshtest.Server
}

// host is a simulated host with its address and what is counted there.
type host struct {
	*pumatest.Host
	kind kind
	ip   string
	// far is whether the line to it is slow.
	far  bool
	beat beat
}

// serve runs the fleet until its stdin ends. It prints "ready", and answers each line of stdin with one line: "begin"
// counts anew and lets the fading hosts fall silent, "report" prints the counts.
func serve(_ context.Context, o options) error {
	debug.SetGCPercent(ownGarbage)
	s := newServer(o.scene)
	if err := s.configure(o.dir); err != nil {
		return err
	}
	if err := s.listen(); err != nil {
		return err
	}
	fmt.Println("ready")
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		switch lines.Text() {
		case "begin":
			s.begin()
			fmt.Println("begun")
		case "report":
			text, err := json.Marshal(s.report())
			if err != nil {
				return err
			}
			fmt.Println(string(text))
		}
	}
	return lines.Err()
}

// presets are the first hosts of a simulated fleet, each with a weakness of its own: these have no place here.
const presets = 10

func newServer(sc scene) *server {
	s := &server{scene: sc}
	kinds := sc.kinds()
	for i, h := range pumatest.NewFleet(1, sc.hosts+presets, sc.workers).Hosts()[presets:] {
		x := &host{Host: h, kind: kinds[i], far: sc.latency > 0, ip: fmt.Sprintf("127.%d.%d.%d", sc.network, i/250, i%250+1)}
		h.OnAsked(x.beat.strike)
		h.SetLatency(sc.latency)
		switch x.kind {
		case slow:
			h.Puma(0).SetPonder(sc.ponder)
		case mute:
			h.Server().Hold(true)
		case healthy, deaf, fading:
		}
		s.hosts = append(s.hosts, x)
	}
	s.jump = sshtest.New(sshtest.Options{
		Exec: sshtest.Shell(func(*sshtest.Session) int { return 127 }),
		DialTCP: func(addr string) (net.Conn, error) {
			return net.Dial("tcp", addr)
		},
	})
	return s
}

func (s *server) jumpIP() string { return fmt.Sprintf("127.%d.255.1", s.scene.network) }

// configure writes the ssh configuration that reaches the fleet: config, known_hosts and key.
func (s *server) configure(dir string) error {
	_, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return err
	}
	block, err := ssh.MarshalPrivateKey(private, "bench")
	if err != nil {
		return fmt.Errorf("encode the key: %w", err)
	}
	var answering []control
	path := func(name string) string { return filepath.Join(dir, name) }
	var config, known strings.Builder
	place := func(ip string) string { return "[" + ip + "]:" + strconv.Itoa(port) }
	for _, h := range s.hosts {
		fmt.Fprintf(&config, "Host %s\n  HostName %s\n", h.Name(), h.ip)
		known.WriteString(h.Server().KnownHosts(place(h.ip)))
		if h.kind == healthy || h.kind == slow {
			answering = append(answering, control{place(h.ip), h.Puma(0).Control(), h.Puma(0).Token()})
		}
	}
	fmt.Fprintf(&config, "Host jump\n  HostName %s\n", s.jumpIP())
	known.WriteString(s.jump.KnownHosts(place(s.jumpIP())))
	if s.scene.jump {
		config.WriteString("Host *.shop\n  ProxyJump jump\n")
	}
	fmt.Fprintf(&config, "Host *\n  User deploy\n  Port %d\n  IdentityFile %s\n  IdentitiesOnly yes\n  IdentityAgent none\n"+
		"  UserKnownHostsFile %s\n  GlobalKnownHostsFile /dev/null\n  StrictHostKeyChecking yes\n  LogLevel ERROR\n",
		port, path("key"), path("known_hosts"))
	sockets, err := json.Marshal(answering)
	if err != nil {
		return err
	}
	for name, text := range map[string]string{
		"config": config.String(), "known_hosts": known.String(), "key": string(pem.EncodeToMemory(block)), controlsFile: string(sockets),
	} {
		if err := os.WriteFile(path(name), []byte(text), 0o600); err != nil {
			return err
		}
	}
	return nil
}

// listen opens every host's port.
func (s *server) listen() error {
	for _, h := range s.hosts {
		if h.kind == deaf {
			if err := listenDeaf(h.ip); err != nil {
				return fmt.Errorf("listen for %s and never accept: %w", h.Name(), err)
			}
			continue
		}
		if err := accept(h.ip, h.handle); err != nil {
			return err
		}
	}
	return accept(s.jumpIP(), s.jump.Handle)
}

func accept(ip string, handle func(net.Conn)) error {
	l, err := net.Listen("tcp", net.JoinHostPort(ip, strconv.Itoa(port)))
	if err != nil {
		return err
	}
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			go handle(c)
		}
	}()
	return nil
}

// handle serves a connection, over a slow line where the host has one.
func (h *host) handle(c net.Conn) {
	if h.kind == mute || !h.far {
		h.Server().Handle(c)
		return
	}
	up, err := h.Dial(context.Background())
	if err != nil {
		_ = c.Close()
		return
	}
	go func() {
		_, _ = io.Copy(up, c)
		_ = up.Close()
	}()
	_, _ = io.Copy(c, up)
	_ = c.Close()
}

// listenDeaf takes an address on which no connection is ever made: the kernel drops what knocks at a full queue.
func listenDeaf(ip string) error {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	at := &syscall.SockaddrInet4{Port: port}
	copy(at.Addr[:], net.ParseIP(ip).To4())
	if err := syscall.Bind(fd, at); err != nil {
		return err
	}
	if err := syscall.Listen(fd, 0); err != nil {
		return err
	}
	filler, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM, 0)
	if err != nil {
		return err
	}
	return syscall.Connect(filler, at)
}

// begin counts anew, and takes the fading hosts off the network.
func (s *server) begin() {
	for _, h := range s.hosts {
		if h.kind == fading {
			h.DropNetwork()
		}
		h.beat.reset()
	}
}
