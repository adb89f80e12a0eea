package remote

import (
	"context"
	"fmt"

	"pumatop/collector/remote/sshconfig"
)

// surveyed is the endpoint of a master, with what is on its way.
func (h *Host) surveyed(ctx context.Context, c sshconfig.Config) (*endpoint, error) {
	ep, err := masterEndpoint(h.address, c)
	if err != nil {
		return nil, err
	}
	ep.mute = h.pool.muteOpenSSH(ctx)
	return ep, h.surveyJumps(ctx, ep, c)
}

// muteOpenSSH is why nobody is asked what the installed ssh asks, empty where that is done. Before 8.5, what a server asks
// (keyboard-interactive) comes in the server's words alone, which may be those of ssh's own question for a passphrase.
func (p *Pool) muteOpenSSH(ctx context.Context) string {
	client, err := p.ask()
	if err != nil || p.options.Ask == nil {
		return ""
	}
	if r := client.Release(ctx); !r.AtLeast(8, 5) {
		return "nothing is asked through " + r.String() + ": what a server asks cannot be told from its own questions (it can from 8.5 on)"
	}
	return ""
}

// surveyJumps learns of the hosts on a master's way what pumatop has to know: where the first one is, and what may be asked
// in the name of each. Each of them is reached by an ssh of its own, which takes nothing of the command line
// but the configuration's file, so that what is not safe there cannot be put right.
func (h *Host) surveyJumps(ctx context.Context, ep *endpoint, c sshconfig.Config) error {
	jumps, err := h.jumpsOf(c)
	if err != nil {
		return err
	}
	return h.eachJump(ctx, jumps, func(hop *endpoint) error {
		ep.firstHop = hop.addr() // the walk ends with the first one on the way
		ep.way = append(ep.way, hop)
		return h.refuseLax(hop)
	})
}

// jumpsOf are the hosts on the way, the first one first.
func (h *Host) jumpsOf(c sshconfig.Config) ([]address, error) {
	if len(h.via) > 0 || !c.Set("proxyjump") {
		return h.via, nil
	}
	return parseJumps(h.address.text, c.Get("proxyjump"))
}

// spared is why a wish of the configuration's that is not vital is rather left out than left to OpenSSH, nil where
// it need not be.
func (h *Host) spared(ctx context.Context, k keyword, c sshconfig.Config) []string {
	if jumps, err := h.jumpsOf(c); err == nil && !k.vital {
		if err := h.laxJump(ctx, jumps); err != nil {
			return []string{withoutHost(h.address.text, err)}
		}
	}
	return nil
}

// laxJump is why OpenSSH must not connect through jump hosts, nil where it may.
func (h *Host) laxJump(ctx context.Context, jumps []address) error {
	return h.eachJump(ctx, jumps, h.refuseLax)
}

// refuseLax refuses a jump host whose changed key OpenSSH would take.
func (h *Host) refuseLax(hop *endpoint) error {
	if !hop.acceptNew() || hop.strict == "accept-new" {
		return nil
	}
	return &ConfigError{Host: h.address.text,
		Text: fmt.Sprintf("through OpenSSH the jump host %s would be trusted with a changed key, too (StrictHostKeyChecking no)", hop.name),
		Fix:  fmt.Sprintf("set StrictHostKeyChecking accept-new for %s, or use --transport native", hop.name)}
}

// eachJump calls visit for the hosts on the way, the last one first. As in ssh, the list decides on all of them but on
// how the first one is reached.
func (h *Host) eachJump(ctx context.Context, jumps []address, visit func(*endpoint) error) error {
	for range jumpsMost {
		var next string
		for i := len(jumps) - 1; i >= 0; i-- {
			c, _, _, err := h.pool.configuration(ctx, jumps[i], h.pool.jumpQuery(jumps[i]))
			if err != nil {
				return err
			}
			hop, err := masterEndpoint(jumps[i], c)
			if err != nil {
				return err
			}
			if err := visit(hop); err != nil {
				return err
			}
			if next = ""; c.Set("proxyjump") {
				next = c.Get("proxyjump")
			}
		}
		if next == "" {
			return nil
		}
		var err error
		if jumps, err = parseJumps(h.address.text, next); err != nil {
			return err
		}
	}
	return &ConfigError{Host: h.address.text, Text: "the jump hosts lead on without an end", Fix: "mend ProxyJump in the ssh configuration"}
}
