package probe

import (
	"cmp"
	"encoding/json"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// Container is what its engine says of the container that a Puma runs in. The zero value is none.
//
// What such a Puma and its workers run is the image: their Release is the container's Version, as far as that was given
// one, else the name of the image. There is no link that a deploy moves: a deploy is another container.
type Container struct {
	// Engine is the command to ask: docker or podman.
	Engine string
	// ID is the container's, in full.
	ID, Name, Image string
	// Service, Role, Destination and Version are how Kamal labelled it; Version is KAMAL_VERSION in full.
	Service, Role, Destination, Version string
	// Host is KAMAL_HOST: what Kamal calls the host.
	Host string
	// Created is when it was made, which no restart changes, Started when it was last started, by the host's clock.
	Created, Started time.Time
	// Restarts is how often the engine started it again by itself, Policy when it does: "unless-stopped".
	Restarts puma.Count
	Policy   string
	// User is who its processes are, as the image or the command line says; empty for root.
	User string
	// Older is whether a newer container of the same service, role and destination runs a Puma too: it is being drained.
	Older bool
	// ExecOnly is whether the control app can be reached from inside alone.
	ExecOnly bool
	// PIDs are the processes of its Pumas as the host numbers them, by their pids inside.
	PIDs map[int]int

	addresses []netip.Addr
	network   string
	mounts    []mount
}

// mount is a directory of the host in a container.
type mount struct{ host, inside string }

// Kamal reports whether Kamal made it.
func (c Container) Kamal() bool { return c.Service != "" && c.Role != "" }

// StartedAgain reports whether it is a container that was there before and has been started anew since.
func (c Container) StartedAgain(before Container) bool {
	return c.ID != "" && c.ID == before.ID && !before.Started.IsZero() && c.Started.After(before.Started)
}

// app names the target: as Kamal names containers, without the version, which changes with each deploy.
func (c Container) app() string {
	name := c.Name
	if c.Kamal() {
		name = c.Service + "-" + c.Role
		if c.Destination != "" {
			name += "-" + c.Destination
		}
	}
	if c.Older {
		name += "-old"
	}
	return strings.Map(func(r rune) rune {
		if strings.ContainsRune(" /:", r) || r > '~' {
			return '-'
		}
		return r
	}, cmp.Or(name, c.ID[:min(len(c.ID), 12)]))
}

// Short is its name with commits as people write them.
func (c Container) Short() string {
	words := strings.FieldsFunc(c.Name, func(r rune) bool { return r == '-' || r == '_' })
	name := c.Name
	for _, word := range words {
		if len(word) == commit && isHex(word) {
			name = strings.ReplaceAll(name, word, word[:8])
		}
	}
	return name
}

// commit is how long the name of a commit is.
const commit = 40

// release is what its processes run.
func (c Container) release() string {
	v := c.Version
	switch {
	case v == "":
		v = path.Base(c.Image)
	case len(v) >= commit && isHex(v[:commit]):
		after, _, _ := strings.Cut(strings.TrimPrefix(v[commit:], "_"), "_") // "…_uncommitted_1f2e"
		v = strings.TrimSuffix(v[:8]+"_"+after, "_")
	}
	return clean.Short(strings.ReplaceAll(v, "/", "-"), 40)
}

func isHex(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

// container reads what the engine printed. Values are JSON; what is none is left out.
func (r RawContainer) container() Container {
	c := Container{Engine: clean.Line(r.Engine), ID: clean.Line(r.ID)}
	for _, line := range r.Properties {
		name, value, _ := strings.Cut(line, "=")
		if name == "mount" {
			c.mount(value)
			continue
		}
		if n, err := strconv.ParseInt(value, 10, 32); name == "restarts" && err == nil {
			c.Restarts = puma.Of(n)
			continue
		}
		var text string
		if json.Unmarshal([]byte(value), &text) != nil {
			continue
		}
		c.property(name, clean.Line(text))
	}
	return c
}

func (c *Container) property(name, value string) {
	texts := map[string]*string{
		"image": &c.Image, "user": &c.User, "network": &c.network, "policy": &c.Policy,
		"service": &c.Service, "role": &c.Role, "destination": &c.Destination,
	}
	if at := texts[name]; at != nil {
		*at = value
		return
	}
	switch name {
	case "name":
		c.Name = strings.TrimPrefix(value, "/")
	case "created":
		c.Created = engineTime(value)
	case "started":
		c.Started = engineTime(value)
	case "env":
		switch variable, value, _ := strings.Cut(value, "="); variable {
		case "KAMAL_VERSION":
			c.Version = value
		case "KAMAL_HOST":
			c.Host = value
		}
	case "address":
		if a, err := netip.ParseAddr(value); err == nil {
			c.addresses = append(c.addresses, a)
		}
	}
}

// mount reads two strings of JSON.
func (c *Container) mount(value string) {
	d := json.NewDecoder(strings.NewReader(value))
	var m mount
	if d.Decode(&m.host) == nil && d.Decode(&m.inside) == nil && path.IsAbs(m.host) && path.IsAbs(m.inside) {
		c.mounts = append(c.mounts, m)
	}
}

// engineTime reads a time as the engines print it; podman's has a zone.
func engineTime(s string) time.Time {
	t, err := time.Parse(time.RFC3339Nano, s)
	if err != nil || t.Year() < 1970 {
		return time.Time{}
	}
	return t
}

// reach makes the control address one that is dialled from the host, or says that there is none. On the bridge of the
// engine a container has an address of its own; its loopback, its files and its abstract names are nobody else's.
func (c *Container) reach(a puma.Address) puma.Address {
	switch {
	case a.IsZero():
		return a
	case a.Network == puma.Unix:
		if name, ok := c.onHost(a.Name); ok {
			return puma.Address{Network: puma.Unix, Name: name}
		}
	case c.network == "host":
		return a
	case a.Network == puma.TCP, a.Network == puma.SSL:
		host, port, _ := net.SplitHostPort(a.Name)
		ip, err := netip.ParseAddr(host)
		switch {
		case err != nil || len(c.addresses) == 0:
		case ip.IsUnspecified():
			a.Name = net.JoinHostPort(c.addresses[0].String(), port)
			return a
		case slices.Contains(c.addresses, ip):
			return a
		}
	}
	c.ExecOnly = true
	return a
}

// onHost is a path inside as the host has it, where it lies in a directory that the host lent: the longest one counts.
func (c *Container) onHost(name string) (string, bool) {
	best := mount{}
	for _, m := range c.mounts {
		if strings.HasPrefix(name, strings.TrimSuffix(m.inside, "/")+"/") && len(m.inside) > len(best.inside) {
			best = m
		}
	}
	if best.inside == "" {
		return name, false
	}
	return path.Join(best.host, strings.TrimPrefix(name, strings.TrimSuffix(best.inside, "/"))), true
}
