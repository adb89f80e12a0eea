package probe

import (
	"slices"
	"strings"
	"testing"
)

// hasNote reports whether the one Puma of a report has a note that begins so.
func hasNote(r Report, begins string) bool {
	return slices.ContainsFunc(r.Host().Pumas[0].Notes, func(n Note) bool { return strings.HasPrefix(n.Text, begins) })
}

func TestJournalThatMayNotBeRead(t *testing.T) {
	t.Parallel()
	for login, want := range map[string]bool{
		"uid=1500(deploy) gid=1500(deploy) groups=1500(deploy)":                       true,
		"uid=1500(deploy) gid=1500(deploy) groups=1500(deploy),999(systemd-journal)":  false,
		"uid=1500(deploy) gid=1500(deploy) groups=1500(deploy),4(adm)":                false,
		"uid=1500(deploy) gid=1500(deploy) groups=1500(deploy),5(not-adm-but-nearly)": true,
		"uid=0(root) gid=0(root) groups=0(root)":                                      false,
	} {
		r := Report{Login: login, Processes: []RawProcess{
			{PID: 7, UID: 1500, User: "deploy", Title: "puma 6.4.3 (unix:///run/shop.sock) [shop]", Cwd: "/srv/shop", Journal: []string{}},
		}}
		if got := hasNote(r, "the journal has no start-up lines"); got != want {
			t.Errorf("%s: noted %t", login, got)
		}
	}
}

func TestContainer(t *testing.T) {
	t.Parallel()
	for group, want := range map[string]bool{
		"0::/system.slice/docker-0123.scope":       true,
		"0::/docker/0123":                          true,
		"0::/machine.slice/libpod-0123.scope":      true,
		"0::/kubepods.slice/kubepods-burstable/12": true,
		"0::/system.slice/puma.service":            false,
	} {
		r := Report{Login: "uid=0(root)", Processes: []RawProcess{
			{PID: 7, Title: "puma 6.4.3 (unix:///run/shop.sock) [shop]", Cwd: "/srv/shop", Cgroup: []string{group}},
		}}
		if got := hasNote(r, "it runs in a container"); got != want {
			t.Errorf("%s: noted %t", group, got)
		}
	}
}

// The last line calls the probe with the paths that somebody can have meant, each as one word.
func TestScriptPassesPaths(t *testing.T) {
	t.Parallel()
	s := Script(Want{StatePaths: []string{"/srv/my shop/it's.state", "", "/a\nb", "/a\x7fb", "/c"}})
	if want := "\nprobe '/srv/my shop/it'\\''s.state' '/c' </dev/null 2>/dev/null\n"; !strings.HasSuffix(s, want) {
		t.Errorf("ends with %q, want %q", s[max(len(s)-len(want), 0):], want)
	}
}
