package pumatest

import (
	"bytes"
	"context"
	"fmt"
	"net"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote"
	"pumatop/collector/remote/sshconfig"
	"pumatop/collector/remote/sshtest"
)

// Fleet is a number of simulated hosts that are reached by name. It is safe for use by several goroutines.
type Fleet struct {
	hosts  []*Host
	byName map[string]*Host
	key    ssh.Signer
}

// FleetOf puts hosts together. Their names have to differ.
func FleetOf(hosts ...*Host) *Fleet {
	f := &Fleet{byName: map[string]*Host{}, key: sshtest.NewKey()}
	f.add(hosts...)
	return f
}

func (f *Fleet) add(hosts ...*Host) {
	f.hosts = append(f.hosts, hosts...)
	for _, h := range hosts {
		f.byName[h.name] = h
	}
}

// Hosts are the fleet's hosts in their order.
func (f *Fleet) Hosts() []*Host { return f.hosts }

// Names are the hosts' names in their order: what a user would put on the command line.
func (f *Fleet) Names() []string {
	names := make([]string, len(f.hosts))
	for i, h := range f.hosts {
		names[i] = h.name
	}
	return names
}

// Host finds a host by name, nil where there is none.
func (f *Fleet) Host(name string) *Host { return f.byName[name] }

// Options make a remote.Pool reach the fleet: names resolve to the hosts as they are, connections go through memory,
// and the hosts' keys are the known ones. No configuration, agent or key of the user is looked at.
func (f *Fleet) Options() remote.Options {
	return remote.Options{
		Resolve: f.resolve, Dial: f.dial, Signers: []ssh.Signer{f.key}, KnownHosts: f.knownHosts(),
	}
}

func (f *Fleet) resolve(_ context.Context, q sshconfig.Query) (sshconfig.Config, error) {
	user := login
	if q.User != "" {
		user = q.User
	}
	port := "22"
	if q.Port != "" {
		port = q.Port
	}
	text := fmt.Appendf(nil, "hostname %s\nuser %s\nport %s\nidentityagent none\nidentitiesonly yes\n", q.Host, user, port)
	if h := f.byName[q.Host]; h != nil && h.config != "" {
		return sshconfig.Parse(append(text, h.config...)), nil
	}
	return sshconfig.Parse(append(text, "stricthostkeychecking true\n"...)), nil
}

func (f *Fleet) dial(ctx context.Context, _, addr string) (net.Conn, error) {
	name, _, err := net.SplitHostPort(addr)
	if err != nil {
		return nil, err
	}
	h := f.byName[name]
	if h == nil {
		return nil, &net.DNSError{Err: "no such host", Name: name, IsNotFound: true}
	}
	return h.Dial(ctx)
}

func (f *Fleet) knownHosts() []byte {
	var b bytes.Buffer
	for _, h := range f.hosts {
		if h.unknown {
			continue
		}
		b.WriteString(strings.TrimSpace(h.server.KnownHosts(h.name)) + "\n")
	}
	return b.Bytes()
}

// Mode is a kind of release to deploy.
type Mode string

// The modes of a deploy.
const (
	Good    Mode = "good"
	Broken  Mode = "broken"  // raises while it loads
	Slow    Mode = "slow"    // takes 12 s to boot
	Hanging Mode = "hanging" // never finishes to boot
)

// Deploy lays a new release down for every Puma of a host and moves `current`; nothing is reloaded. It panics where
// there is no such host.
func (f *Fleet) Deploy(host string, mode Mode) {
	h := f.byName[host]
	for _, p := range h.pumas {
		p.DeployNew(mode)
	}
}

// DeployNew lays a new release down, named after the moment as Capistrano names it, and moves `current` to it.
func (p *Puma) DeployNew(mode Mode) (r Release) {
	p.t.do(func() { r = p.deployNew(mode) })
	return r
}

func (p *Puma) deployNew(mode Mode) (r Release) {
	at := p.t.now
	for r.Name = at.UTC().Format(releaseLayout); p.site.releases[r.Name].Name != ""; {
		at = at.Add(second)
		r.Name = at.UTC().Format(releaseLayout)
	}
	r.Revision = fmt.Sprintf("%016x%016x%08x", p.t.random.Uint64(), p.t.random.Uint64(), p.t.random.Uint32())
	r.Boot = p.site.releases[p.site.current].Boot
	switch mode {
	case Broken:
		r.Failure = missingKey()
	case Slow:
		r.Boot = 12 * second
	case Hanging:
		r.Hangs = true
	case Good:
	}
	p.site.deploy(r, p.t.now)
	return r
}

// SetLoad changes what clients ask of a Puma from now on.
func (p *Puma) SetLoad(l Load) {
	p.t.do(func() {
		p.load.live(p)
		if l.Service == 0 {
			l.Service = p.load.Service
		}
		p.load.Load, p.c.Load = l, l
	})
}
