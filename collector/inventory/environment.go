package inventory

import (
	"errors"
	"maps"
	"slices"
	"strings"

	"pumatop/collector/config"
)

const fieldName = "name"

// Hosts are all of an environment, with what it, their groups and the top of the configuration say of them: group after
// group by their names, and in a group as they are written.
func Hosts(cfg config.Config, environment string) ([]Host, error) {
	env := cfg.Environments[environment]
	m := members{at: map[string]int{}, named: map[string]config.Origin{}}
	for _, name := range slices.SortedFunc(maps.Keys(env.Groups), Natural) {
		group := env.Groups[name]
		outer := levels{group.Reach, env.Reach, cfg.Reach}
		pace := inheritPace(group.Pace, inheritPace(env.Pace, cfg.Pace))
		for _, entry := range group.Hosts {
			list, err := expandEntry(entry, append(levels{entry.Reach}, outer...))
			if err != nil {
				return nil, err
			}
			for _, h := range list {
				h.Groups, h.Pace = []string{name}, pace
				if err := m.add(h, entry.Name != ""); err != nil {
					return nil, err
				}
			}
		}
	}
	nameApart(m.hosts)
	return m.hosts, nil
}

// levels are what says something of a host, the innermost first.
type levels []config.Reach

func (l levels) reach() config.Reach {
	var all config.Reach
	for _, r := range l {
		all = inherit(all, r)
	}
	return all
}

// which is the one Puma that the innermost level names that names any. A state file says more than an app.
func (l levels) which() (app, state string) {
	for _, r := range l {
		if r.State != "" {
			return "", r.State
		}
		if r.App != "" {
			return r.App, ""
		}
	}
	return "", ""
}

// host is a machine as it comes of an address and the levels. What the address says itself, nothing else says.
func (l levels) host(address, app, state string, at config.Origin) Host {
	h := Host{Address: address, Name: shown(address), Reach: l.reach(), At: at}
	user, _, port := parts(address)
	if user != "" {
		h.Reach.SSH.User = ""
	}
	if port != "" {
		h.Reach.SSH.Port = 0
	}
	if app == "" && state == "" {
		app, state = l.which()
	}
	h.want(app, state)
	return h
}

// want adds a Puma, or all of them.
func (h *Host) want(app, state string) {
	switch {
	case state != "" && !slices.Contains(h.StatePaths, state):
		h.StatePaths = append(h.StatePaths, state)
	case app != "" && !slices.Contains(h.Apps, app):
		h.Apps = append(h.Apps, app)
	case app == "" && state == "":
		h.All = true
	}
}

// expandEntry makes hosts of one entry of a group.
func expandEntry(entry config.Host, l levels) ([]Host, error) {
	terms, err := split(entry.Host)
	if err != nil {
		return nil, located(err, entry.At)
	}
	if terms[0].op != union {
		return nil, located(terms[0].fail(-1, "nothing stands before the "+string(terms[0].op)), entry.At)
	}
	list, err := evaluate(nil, terms, plainly)
	if err != nil {
		return nil, located(err, entry.At)
	}
	names, err := expandName(entry, len(list))
	if err != nil {
		return nil, err
	}
	hosts := make([]Host, 0, len(list))
	for i, p := range list {
		h := l.host(p.address, p.app, p.state, entry.At)
		if names != nil {
			h.Name = names[i]
		}
		hosts = append(hosts, h)
	}
	return hosts, nil
}

// plainly finds what is written, without any configuration.
func plainly(t term) ([]pick, error) {
	targets, err := t.targets()
	if err != nil {
		return nil, err
	}
	var found []pick
	for _, w := range targets {
		if w.group != "" {
			return nil, t.fail(0, "a group cannot be part of another")
		}
		found = append(found, w.pick())
	}
	return found, nil
}

// expandName writes a name out, which has as many as the entry has hosts.
func expandName(entry config.Host, hosts int) ([]string, error) {
	if entry.Name == "" {
		return nil, nil
	}
	if strings.ContainsAny(entry.Name, " \t/@!&^") || strings.HasPrefix(entry.Name, "-") {
		return nil, &NameError{Name: entry.Name, Why: "cannot be written as a TARGET", At: entry.At}
	}
	names, err := term{text: entry.Name, column: 1, whole: entry.Name}.expand()
	switch {
	case err != nil:
		return nil, located(err, entry.At)
	case len(names) != hosts:
		return nil, &NameError{Name: entry.Name, Why: "has not as many ranges as the hosts of its entry", At: entry.At}
	}
	return names, nil
}

// located gives an error of a text the line where the text is written.
func located(err error, at config.Origin) error {
	var syntax *SyntaxError
	var limit *LimitError
	switch {
	case errors.As(err, &syntax):
		syntax.At = at
	case errors.As(err, &limit):
		limit.At = at
	}
	return err
}

// members are the hosts of an environment, each machine once.
type members struct {
	hosts []Host
	at    map[string]int           // by address
	named map[string]config.Origin // names that were given
}

func (m *members) add(h Host, named bool) error {
	i, known := m.at[h.Address]
	if !known {
		if named {
			if at, taken := m.named[h.Name]; taken {
				return &NameError{Name: h.Name, Why: "is another host's, too" + behind(at), At: h.At}
			}
			m.named[h.Name] = h.At
		}
		if len(m.hosts) == maxHosts {
			return &LimitError{Text: h.Groups[0], At: h.At}
		}
		m.at[h.Address] = len(m.hosts)
		m.hosts = append(m.hosts, h)
		return nil
	}
	return m.join(&m.hosts[i], h, named)
}

// join makes one host of two entries for it.
func (m *members) join(old *Host, h Host, named bool) error {
	clash := ConflictError{Host: old.Name, One: old.At, Other: h.At, Groups: [2]string{old.Groups[0], h.Groups[0]}}
	if clash.Field = conflict(old.Reach, h.Reach); clash.Field == "" {
		clash.Field = conflict(old.Pace, h.Pace)
	}
	if _, had := m.named[old.Name]; clash.Field == "" && named && h.Name != old.Name {
		if had {
			clash.Field = fieldName
		}
		old.Name = h.Name
		m.named[h.Name] = h.At
	}
	if clash.Field != "" {
		return &clash
	}
	if !slices.Contains(old.Groups, h.Groups[0]) {
		old.Groups = append(old.Groups, h.Groups[0])
	}
	for _, setting := range h.Reach.Untrusted {
		if !slices.Contains(old.Reach.Untrusted, setting) {
			old.Reach.Untrusted = append(old.Reach.Untrusted, setting)
		}
	}
	old.All = old.All || h.All
	for _, app := range h.Apps {
		old.want(app, "")
	}
	for _, state := range h.StatePaths {
		old.want("", state)
	}
	return nil
}

// nameApart gives hosts that would have one name their address as name.
func nameApart(hosts []Host) {
	named := map[string]int{}
	for _, h := range hosts {
		named[h.Name]++
	}
	for i := range hosts {
		if h := &hosts[i]; named[h.Name] > 1 {
			h.Name = h.Address
		}
	}
}
