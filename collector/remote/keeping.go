package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"
	"time"

	"golang.org/x/crypto/ssh/agent"

	"pumatop/collector/clean"
	"pumatop/collector/prompt"
)

// keeping is what becomes of a key that was unlocked: AddKeysToAgent.
type keeping struct {
	add, ask, confirm bool
	seconds           uint32 // that the agent keeps it; 0 is for ever
}

// readKeeping reads AddKeysToAgent: yes, no, ask, confirm, a time, or confirm and a time.
func readKeeping(value string) (k keeping, note string) {
	words := strings.Fields(strings.ToLower(value))
	if len(words) > 0 && words[0] == "confirm" {
		k.add, k.confirm = true, true
		words = words[1:]
	}
	if len(words) == 0 {
		return k, ""
	}
	switch words[0] {
	case "no", "false":
		return k, ""
	case "yes", "true":
		k.add = true
		return k, ""
	case "ask":
		k.add, k.ask = true, true
		return k, ""
	}
	n, err := strconv.ParseUint(words[0], 10, 32)
	if err != nil {
		if d, derr := time.ParseDuration(words[0]); derr == nil && d > 0 {
			n, err = uint64(d/time.Second), nil
		}
	}
	if err != nil {
		return keeping{}, clean.Line("AddKeysToAgent " + value + " is not understood: unlocked keys stay in pumatop alone")
	}
	k.add, k.seconds = true, uint32(n)
	return k, ""
}

// keep gives a key that was unlocked to the agent, if the configuration says so and there is one. It is a convenience:
// what goes wrong is a note.
func (d *dialogue) keep(raw any, path string) {
	k := d.endpoint.asking.keep
	if !k.add || d.endpoint.agent == "" {
		return
	}
	if k.ask {
		s, err := d.pool.options.Ask.Ask(d.pool.ctx, prompt.Question{
			Kind: prompt.KeepKey, Host: d.endpoint.name, User: d.endpoint.user, Key: clean.Line(path), Echo: true, Try: 1,
		})
		if err != nil || !strings.EqualFold(strings.TrimSpace(string(s.Text())), "yes") {
			return
		}
	}
	if err := addToAgent(d.pool.ctx, d.endpoint.agent, agent.AddedKey{
		PrivateKey: raw, Comment: path, LifetimeSecs: k.seconds, ConfirmBeforeUse: k.confirm,
	}); err != nil {
		d.pool.mu.Lock()
		defer d.pool.mu.Unlock()
		d.entry.notes = append(d.entry.notes, clean.Line(fmt.Sprintf("AddKeysToAgent: %v", err)))
	}
}

func addToAgent(ctx context.Context, socket string, key agent.AddedKey) error {
	c, err := net.DialTimeout("unix", socket, time.Second)
	if err != nil {
		return fmt.Errorf("reach the agent: %w", err)
	}
	defer func() { _ = c.Close() }()
	_ = c.SetDeadline(time.Now().Add(agentLimit))
	// What is under way at the end may come to one of its own.
	defer context.AfterFunc(ctx, func() { _ = c.SetDeadline(time.Now().Add(time.Second)) })()
	if agent.NewClient(c).Add(key) != nil {
		return errors.New("the agent did not take the key")
	}
	return nil
}
