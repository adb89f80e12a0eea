package probe

import (
	"encoding/hex"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"path"
	"slices"
	"strconv"
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// state takes the state file of a master, and with it the control app. Its notes come before those there are.
func (d *reader) state(p *Puma, raw RawProcess) {
	others := p.Notes
	p.Notes = nil
	d.states(p, raw)
	p.Notes = append(p.Notes, others...)
}

func (d *reader) states(p *Puma, raw RawProcess) {
	for _, s := range raw.States {
		file := "state file " + clean.Line(s.Path)
		switch {
		case s.Verdict == "read":
			if d.stateFile(p, raw, s) {
				return
			}
		case s.Verdict == "denied":
			p.note(file+": permission denied", "let "+d.who.user+" read it, or log in as "+owner(p))
		case s.Verdict == "missing":
			p.note(file+": no such file, though "+named(s.From)+" names it", "restart Puma, or mend the path")
		case strings.HasPrefix(s.Verdict, "other:"):
			p.note(file+" is of process "+clean.Line(strings.TrimPrefix(s.Verdict, "other:"))+", not of this Puma", "")
		}
	}
	d.withoutState(p, raw)
}

// named says who named a state file.
func named(from string) string {
	switch from {
	case "option":
		return "the command line"
	case "config":
		return "the configuration"
	}
	return "the command"
}

func owner(p *Puma) string {
	if p.User == "" {
		return "the user that Puma runs as"
	}
	return p.User
}

// stateFile reads one state file and reports whether it is this Puma's.
func (d *reader) stateFile(p *Puma, raw RawProcess, s StateFile) bool {
	file := "state file " + clean.Line(s.Path)
	state, err := puma.ParseState([]byte(strings.Join(s.Text, "\n") + "\n"))
	if errors.Is(err, puma.ErrPartialState) {
		p.note(file+" is being written", "it is read again with the next probe")
		return false
	}
	if err != nil {
		p.note(file+": "+err.Error(), "")
		return false
	}
	if state.PID != p.PID && state.PID != raw.Inner {
		return false
	}
	p.StatePath, p.StateStamp, p.Token = clean.Line(s.Path), clean.Line(s.Stamp), state.Token
	// up to Puma 4 the state file does not say where Puma was started
	from := state.RunningFrom
	if from == "" {
		from = strings.TrimSuffix(raw.Cwd, deleted)
	}
	p.Control, err = puma.ParseAddress(state.ControlURL, from)
	switch {
	case err != nil:
		p.note("control app: "+err.Error(), "give activate_control_app an absolute path")
	case p.Control.IsZero():
		d.withoutApp(p, raw)
	default:
		d.socket(p, raw)
	}
	return true
}

// socket takes what the login may do with the control socket.
func (d *reader) socket(p *Puma, raw RawProcess) {
	if p.Control.Network != puma.Unix {
		return
	}
	where := "control socket " + clean.Line(raw.SocketPath)
	switch raw.Socket {
	case "denied":
		p.note(where+": permission denied", "let "+d.who.user+" write to it, or log in as "+owner(p))
	case "private":
		// its owner finds the process's own /tmp there
		p.Control.Name = path.Join("/proc", strconv.Itoa(p.PID), "root", p.Control.Name)
	case "missing":
		remedy := "restart Puma"
		if p.Unit.PrivateTmp {
			remedy = "PrivateTmp hides it: give activate_control_app a path outside /tmp"
		}
		p.note(where+": no such socket", remedy)
	}
}

// withoutState looks for the control app of a Puma that has no state file to be read: among the sockets it listens
// on it is the one that is no bind of the application's.
func (d *reader) withoutState(p *Puma, raw RawProcess) {
	var found []puma.Address
	for _, l := range raw.Listens {
		a := l.address(raw.Cwd, d.inside)
		if !a.IsZero() && !slices.ContainsFunc(p.Listeners, func(b string) bool { return bindIs(b, a) }) && !slices.Contains(found, a) {
			found = append(found, a)
		}
	}
	if len(found) == 0 {
		if a, err := p.Settings.Control.Address(raw.Cwd); err == nil && p.Settings.Control.Certain() {
			found = append(found, a)
		}
	}
	switch {
	case len(found) == 1:
		p.Control = found[0]
		p.Token = p.Settings.Control.Token
		if !p.Token.IsSet() && !p.Settings.Control.NoToken {
			p.note("no state file was found, and so no token", "set state_path in puma.rb, or name it: HOST:/path/puma.state")
		}
	case len(p.Notes) > 0: // a state file was found and could not be read
	case raw.Cwd == "":
		p.note("its state file was not found: the directory of process "+strconv.Itoa(p.PID)+" cannot be read",
			"log in as "+owner(p)+", or name the state file: HOST:/path/puma.state")
	default:
		p.note("no state file and no control socket were found", enable(p, raw))
	}
}

// address is the socket as an address to dial: of one that listens everywhere the loopback's, unless wildcard keeps that.
func (l Listen) address(cwd string, wildcard bool) puma.Address {
	if l.Network == "unix" {
		name := l.Address
		if !strings.HasPrefix(name, "@") && !path.IsAbs(name) && cwd == "" {
			return puma.Address{}
		}
		a, _ := puma.ParseAddress("unix://"+strings.ReplaceAll(name, " ", "%20"), cwd)
		return a
	}
	ap, ok := kernelAddress(l.Address)
	if !ok {
		return puma.Address{}
	}
	host := ap.Addr()
	if host.IsUnspecified() && !wildcard {
		host = netip.AddrFrom4([4]byte{127, 0, 0, 1})
	}
	return puma.Address{Network: puma.TCP, Name: net.JoinHostPort(host.String(), strconv.Itoa(int(ap.Port())))}
}

// kernelAddress reads an address of /proc/net/tcp: "0100007F:240C", groups of four bytes in the order of the machine,
// which on all that Puma runs on is little endian.
func kernelAddress(s string) (netip.AddrPort, bool) {
	hexHost, hexPort, _ := strings.Cut(s, ":")
	host, err := hex.DecodeString(hexHost)
	port, errPort := strconv.ParseUint(hexPort, 16, 16)
	if err != nil || errPort != nil || len(host)%4 != 0 {
		return netip.AddrPort{}, false
	}
	for i := 0; i < len(host); i += 4 {
		slices.Reverse(host[i : i+4])
	}
	addr, ok := netip.AddrFromSlice(host)
	return netip.AddrPortFrom(addr.Unmap(), uint16(port)), ok
}

// bindIs reports whether a listener of the application is the socket at a.
func bindIs(listener string, a puma.Address) bool {
	scheme, name, _ := strings.Cut(listener, "://")
	switch a.Network {
	case puma.Unix:
		return scheme == "unix" && name == a.Name
	case puma.Abstract:
		return scheme == "unix" && name == "@"+a.Name
	}
	host, port, err := net.SplitHostPort(name)
	_, other, errOther := net.SplitHostPort(a.Name)
	// the kernel shows an address, the title may have a name or a wildcard: the port is enough
	return err == nil && errOther == nil && scheme != "unix" && host != "" && port == other
}

// listeners makes the binds of a process title comparable with what the kernel lists: without a query, a relative path
// joined with the directory of the process.
func listeners(binds []string, cwd string) []string {
	var out []string
	for _, bind := range binds {
		bind, _, _ = strings.Cut(bind, "?")
		scheme, name, ok := strings.Cut(bind, "://")
		if !ok {
			continue
		}
		if scheme == "unix" && !strings.HasPrefix(name, "@") {
			name = strings.ReplaceAll(name, "%20", " ")
			if !path.IsAbs(name) && cwd != "" {
				name = path.Join(strings.TrimSuffix(cwd, deleted), name)
			}
		}
		out = append(out, fmt.Sprintf("%s://%s", scheme, clean.Line(name)))
	}
	return out
}
