package sshconfig

import (
	"context"
	"net/netip"
)

// Decisive are the keywords that the evaluator has to have right.
func Decisive() []string {
	names := make([]string, 0, len(kinds))
	for name := range kinds {
		names = append(names, name)
	}
	return names
}

// Names stands in for the machine's resolver: what a name resolves to, and the addresses of this machine.
type Names struct {
	CNAMEs map[string]string
	Local  []netip.Addr
	Err    error
}

func (n Names) canonical(_ context.Context, name string) (string, error) {
	if cname, ok := n.CNAMEs[name]; ok {
		return cname, nil
	}
	return "", n.Err
}

func (n Names) local() ([]netip.Addr, error) { return n.Local, nil }

// EvaluateWith is Evaluate with another resolver.
func EvaluateWith(ctx context.Context, q Query, n Names) (Config, []string, error) {
	e := &evaluation{ctx: ctx, query: q, host: q.Host, home: "/home/me", localUser: "me", config: Config{}, names: n}
	return e.evaluate()
}
