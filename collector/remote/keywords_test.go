package remote

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pumatop/collector/remote/sshconfig"
)

// words are the lines of a file without its comments.
func words(t *testing.T, path string) (found []string) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(text)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			found = append(found, line)
		}
	}
	return found
}

// Every keyword of the manual and of what ssh prints has a row, and every row says why it does nothing.
func TestKeywords(t *testing.T) {
	t.Parallel()
	for _, file := range []string{"testdata/manual.txt", "testdata/printed.txt"} {
		all := words(t, file)
		if len(all) < 70 {
			t.Fatalf("%s has %d keywords", file, len(all))
		}
		for _, name := range all {
			if _, ok := lookUp(name); !ok {
				t.Errorf("%s: %s is in no row", file, name)
			}
		}
	}
	seen := map[string]bool{}
	for _, k := range keywords {
		name := strings.ToLower(k.name)
		if seen[name] {
			t.Errorf("%s has two rows", k.name)
		}
		seen[name] = true
		if explained := k.why != ""; explained != (k.does == ignored || k.does == byOther) {
			t.Errorf("%s: %q", k.name, k.why)
		}
	}
}

// What OpenSSH has to do and decides who is reached is refused where OpenSSH may not; the rest is named.
func TestKeywordsOfOpenSSH(t *testing.T) {
	t.Parallel()
	for _, k := range keywords {
		if k.does != byOther {
			continue
		}
		name := strings.ToLower(k.name)
		c := changed(name + " yes\nproxycommand nc %h %p")
		if got, ok := whyOpenSSH(c, oldSSH, oldSSH); !ok || got.name != k.name {
			t.Errorf("%s: is not noticed", k.name)
		}
		if _, err := newEndpoint(address{text: "web1", host: "web1"}, c, oldSSH); (err != nil) != k.vital {
			t.Errorf("%s: %v", k.name, err)
		}
		for _, off := range []string{"no", "none", "false"} {
			if got, ok := whyOpenSSH(changed(name+" "+off), oldSSH, oldSSH); ok {
				t.Errorf("%s %s: %s", k.name, off, got.name)
			}
		}
	}
	// A distribution's own GSSAPIAuthentication is nobody's wish.
	kerberos := changed("gssapiauthentication yes")
	if _, ok := whyOpenSSH(kerberos, oldSSH, kerberos); ok {
		t.Error("the system's GSSAPIAuthentication counts as the user's")
	}
}

func TestUnhonoured(t *testing.T) {
	t.Parallel()
	c := sshconfig.Parse([]byte("port 22\ntrustthemoon yes\nusual 1\nweak no\n"))
	want := []string{"the configuration has trustthemoon, which pumatop does not know"}
	if got := unhonoured(c, sshconfig.Config{"usual": {"1"}}); !slices.Equal(got, want) {
		t.Errorf("got %q", got)
	}
}
