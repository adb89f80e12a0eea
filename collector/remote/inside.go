package remote

import (
	"context"
	"errors"
	"net"
	"strings"
)

// relaysInside is how many relays inside of something on the host a connection has at once. Each is a session for as long
// as it is used, and sshd grants ten (MaxSessions): six for scripts, one for a relay of the host itself.
const relaysInside = 2

// insider is a transport that can start relays inside of something on the host.
type insider interface {
	// inside is the relay that a command leads to; nil where there can be none.
	inside(enter []string) *relay
}

// DialInside connects to a socket that only the inside of something on the host reaches, a container say, through a relay
// that runs there. enter is the command that runs a shell there and gives it its own stdin: docker exec -i ID sh -s. It is
// otherwise like DialUnix, DialTCP and DialAbstract, by the network: "unix", "tcp" or "abstract".
func (h *Host) DialInside(ctx context.Context, enter []string, network, name string) (net.Conn, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	way, ok := t.(insider)
	if !ok {
		return nil, &RelayError{Host: h.address.text, Text: "this way to the host starts no relay inside of " + enter[0],
			Err: errors.ErrUnsupported}
	}
	return way.inside(enter).dial(ctx, network, name)
}

func (l *link) inside(enter []string) *relay { return l.insideAs("", enter) }

func (a asUser) inside(enter []string) *relay { return a.insideAs(a.user, enter) }

// insideAs is the relay that a user's command leads to.
func (l *link) insideAs(user string, enter []string) *relay {
	return l.detour.inside(user, enter, func(places chan struct{}) *relay {
		return &relay{
			host: l.endpoint.name, run: l.spawn, lost: l.lost, programs: l.relays,
			start: func(ctx context.Context, script string) (*Stream, error) {
				return l.streamAs(ctx, enterScript(enter, script), user, places)
			},
		}
	})
}

func (l *local) inside(enter []string) *relay {
	return l.detour.inside("", enter, func(chan struct{}) *relay {
		return &relay{
			host: l.name, run: l.spawn, lost: l.relay.lost, programs: l.relay.programs,
			start: func(ctx context.Context, script string) (*Stream, error) {
				return l.stream(ctx, enterScript(enter, script))
			},
		}
	})
}

// inside is the relay of a user's command, which is made where there is none yet.
func (d *detour) inside(user string, enter []string, make func(places chan struct{}) *relay) *relay {
	key := user + "\x00" + strings.Join(enter, "\x00")
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.relays == nil {
		d.relays = map[string]*relay{}
	}
	if d.within == nil {
		d.within = newPlaces(relaysInside)
	}
	if d.relays[key] == nil {
		d.relays[key] = make(d.within)
	}
	return d.relays[key]
}

func newPlaces(n int) chan struct{} { return make(chan struct{}, n) }

// enterScript hands a script and then its own stdin to what a command leads to. When the command ends, so does all of it:
// the cat would wait for more to come. When stdin ends, so does the command's.
func enterScript(enter []string, script string) string {
	words := make([]string, len(enter))
	for i, w := range enter {
		words[i] = quote(w)
	}
	inner := "{ " + strings.TrimRight(script, "\n") + "\nexit; }"
	return "exec 3<&0\n{ printf '%s\\n' " + quote(inner) + "; exec cat <&3 2>/dev/null; } | { " +
		strings.Join(words, " ") + " 3<&-; kill $$; }\n"
}
