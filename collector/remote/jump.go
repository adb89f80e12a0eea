package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"pumatop/collector/clean"
)

// jumpsMost is how many hosts a connection may lead through.
const jumpsMost = 8

// JumpError means that a host on the way was not reached. The cause has its own type below: a refused login at a jump
// host is no more tried again than one at the host itself.
type JumpError struct {
	Host, Jump string
	Err        error
}

func (e *JumpError) Error() string { return fmt.Sprintf("%s: on the way: %v", e.Host, e.Err) }
func (e *JumpError) Unwrap() error { return e.Err }

// parseJumps takes ProxyJump apart: [user@]host[:port] or ssh://..., separated by commas, the first hop first.
func parseJumps(name, value string) ([]address, error) {
	var hops []address
	for hop := range strings.SplitSeq(value, ",") {
		hop = strings.TrimSuffix(strings.TrimPrefix(strings.TrimSpace(hop), "ssh://"), "/")
		a, err := parseAddress(hop)
		if err != nil {
			return nil, &ConfigError{Host: name, Text: clean.Line("ProxyJump " + value + ": " + err.Error())}
		}
		hops = append(hops, a)
	}
	return hops, nil
}

// lastHop is the host that an endpoint is connected to from, nil without one. A jump host is a host like any other, so
// that all that lies behind it shares its one connection, and its own configuration, jump hosts included, decides how it
// is reached. Only the hops before it in the same list take precedence. Whoever connects the endpoint holds it, from
// the first attempt until the connection has ended: questions about what lies behind it need no second login there.
func (p *Pool) lastHop(e *entry, ep *endpoint) *Host {
	if len(ep.jumps) == 0 {
		return nil
	}
	last := len(ep.jumps) - 1
	return &Host{
		pool: p, address: ep.jumps[last], via: ep.jumps[:last], waiter: e, depth: ep.depth + 1,
		connecting: make(chan struct{}, 1),
	}
}

// through connects to an endpoint from its last jump host.
func (p *Pool) through(ctx context.Context, ep *endpoint, jump *Host) (net.Conn, error) {
	if jump.depth > jumpsMost {
		return nil, circle(jump)
	}
	if err := jump.Connect(ctx); err != nil {
		return nil, &JumpError{Host: ep.name, Jump: jump.String(), Err: err}
	}
	limited, cancel := ep.limit(ctx)
	defer cancel()
	conn, err := jump.dialOn(limited, ep.addr())
	if err == nil {
		return conn, nil
	}
	var refused *OpenError
	if errors.As(err, &refused) && !refused.Forbidden {
		return nil, &DialError{Host: ep.name, Addr: ep.addr(), Stage: "dial",
			Err: &quiet{fmt.Sprintf("%s (%s, from %s)", lowered(refused.Reason()), placeOf(ep.name, ep.addr()), jump), err}}
	}
	return nil, &JumpError{Host: ep.name, Jump: jump.String(), Err: err}
}

// lowered begins sshd's words for an errno, "Connection refused", as our own are.
func lowered(text string) string {
	if text == "" {
		return text
	}
	return strings.ToLower(text[:1]) + text[1:]
}

// circle is the error of a jump host that is reached through itself.
func circle(jump *Host) error {
	return &ConfigError{Host: jump.String(), Text: "ProxyJump leads in a circle",
		Fix: "take the jump host out of its own rule: Match host *,!" + jump.String()}
}

// dialOn is DialTCP with a buffer fit for a whole connection.
func (h *Host) dialOn(ctx context.Context, addr string) (net.Conn, error) {
	t, err := h.up()
	if err != nil {
		return nil, err
	}
	if l, ok := t.(*link); ok {
		return l.dialAddr(ctx, addr, jumpBuffer)
	}
	return t.dialTCP(ctx, addr)
}
