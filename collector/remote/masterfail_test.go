package remote

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pumatop/collector/clean"
)

// said are outputs of ssh 9.2 and 10.0, as recorded, and what each amounts to.
var said = []struct {
	name, text, want string
	again            bool
}{
	{"refused login", "deploy@10.98.41.12: Permission denied (publickey,password).\r\n",
		"web1: no login as deploy: deploy@10.98.41.12: Permission denied (publickey,password).", false},
	{"refused on the way", "root@bastion: Permission denied (publickey).\r\nkex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
		"web1: no login as deploy: root@bastion: Permission denied (publickey).", false},
	{"too many keys", "Received disconnect from 10.98.41.12 port 22:2: Too many authentication failures\r\nDisconnected from 10.98.41.12 port 22\r\n",
		"web1: no login as deploy: Received disconnect from 10.98.41.12 port 22:2: Too many authentication failures", false},
	{"changed key", changedKey, "web1: HOST KEY HAS CHANGED: it is ssh-ed25519 SHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho, known is ssh-ed25519 (unreadable) (/nonexistent/changed:1)", false},
	{"changed key on the way", changedKey + "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
		"web1: HOST KEY HAS CHANGED: it is ssh-ed25519", false},
	{"unknown key", "No ED25519 host key is known for 10.98.41.12 and you have requested strict checking.\r\nHost key verification failed.\r\n",
		"web1: host key not known: ssh-ed25519", false},
	{"unknown key, asked", "Host key verification failed.\r\n", "web1: host key not known: a key", false},
	{"revoked key", strings.Replace(changedKey, "WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     ", "       WARNING: REVOKED HOST KEY DETECTED!               ", 1),
		"web1: HOST KEY IS REVOKED", false},
	{"expired certificate", "Error: Certificate invalid: expired\r\nHost key verification failed.\r\n",
		"web1: host certificate refused: Error: Certificate invalid: expired", false},
	{"no algorithm", "Unable to negotiate with 10.98.41.12 port 22: no matching cipher found. Their offer: aes128-ctr,aes192-ctr\r\n",
		"web1: no common algorithm for cipher: the server offers aes128-ctr, aes192-ctr", false},
	{"bad option", "/c: line 3: Bad configuration option: tag\r\n/c: terminating, 1 bad configuration options\r\n",
		"web1: /c: line 3: Bad configuration option: tag", false},
	{"open file", "Bad owner or permissions on /home/me/.ssh/config\r\n", "web1: Bad owner or permissions on /home/me/.ssh/config", false},
	{"unknown name", "ssh: Could not resolve hostname nobody.invalid: Name or service not known\r\n",
		"web1: the name nobody.invalid is not known", true},
	{"refused", "ssh: connect to host 10.98.41.12 port 4: Connection refused\r\n", "web1: connection refused (10.98.41.12:4)", true},
	{"timed out", "ssh: connect to host 10.98.41.250 port 22: Connection timed out\r\n", "web1: connection timed out (10.98.41.250:22)", true},
	{"refused behind", "channel 0: open failed: connect failed: Connection refused\r\nstdio forwarding failed\r\nConnection closed by UNKNOWN port 65535\r\n",
		"web1: connection refused (web1.shop:22, from the host before it)", true},
	{"busy", "kex_exchange_identification: Connection closed by remote host\r\nConnection closed by 10.98.41.12 port 22\r\n",
		"web1: the server hung up before it said a word (web1.shop:22)", true},
	{"busy, roughly", "kex_exchange_identification: read: Connection reset by peer\r\nConnection reset by 10.98.41.12 port 22\r\n",
		"web1: the server hung up before it said a word (web1.shop:22)", true},
	{"silent", "Connection timed out during banner exchange\r\nConnection to 10.98.41.12 port 22 timed out\r\n",
		"web1: SSH handshake (web1.shop:22): Connection timed out during banner exchange", true},
	{"proxy", "no way\r\nkex_exchange_identification: Connection closed by remote host\r\nConnection closed by UNKNOWN port 65535\r\n",
		"web1: the way there ended: no way", true},
	{"a banner that lies", "Host key is fine, connection refused\r\nConnection closed by 10.98.41.12 port 22\r\n",
		"web1: Connection closed by 10.98.41.12 port 22", true},
	{"a banner that poses as a host key's warning", changedKey + "deploy@10.98.41.12: Permission denied (publickey).\r\n",
		"web1: no login as deploy: deploy@10.98.41.12: Permission denied (publickey).", false},
	{"a jump host that poses so and hangs up", changedKey + "Connection closed by 10.98.41.12 port 22\r\nkex_exchange_identification: Connection closed by remote host\r\n" +
		"Connection closed by UNKNOWN port 65535\r\n", "web1: the way there ended: @@@", true},
	{"nothing", "", "web1: ssh ended without a word", true},
	{"escape sequences", "\x1b[2J\x1b]0;owned\x07what?\r\n", "web1: what?", true},
}

const changedKey = "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n" +
	"@    WARNING: REMOTE HOST IDENTIFICATION HAS CHANGED!     @\r\n" +
	"@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@\r\n" +
	"IT IS POSSIBLE THAT SOMEONE IS DOING SOMETHING NASTY!\r\n" +
	"The fingerprint for the ED25519 key sent by the remote host is\nSHA256:dmm2gYJajOujYbTmP2YCU5LEz/jcQ4LP7XRMCV7Dcho.\r\n" +
	"Please contact your system administrator.\r\n" +
	"Add correct host key in /nonexistent/changed to get rid of this message.\r\n" +
	"Offending ED25519 key in /nonexistent/changed:1\r\n" +
	"Host key for 10.98.41.12 has changed and you have requested strict checking.\r\nHost key verification failed.\r\n"

func masterOf() *endpoint {
	return &endpoint{name: "web1", user: "deploy", host: "web1.shop", port: "22", userKnownHosts: []string{"/k"}, globalKnownHosts: []string{"/nonexistent/changed"},
		identities: []string{"/home/me/.ssh/id_ed25519", "/home/me/.ssh/id_sk", "/k", "/k1"},
		way:        []*endpoint{{host: "middle.shop", userKnownHosts: []string{"/m"}, identities: []string{"/m1"}}}}
}

func TestMasterFailure(t *testing.T) {
	t.Parallel()
	for _, c := range said {
		err := masterFailure(masterOf(), c.text)
		if !strings.HasPrefix(err.Error(), c.want) {
			t.Errorf("%s: says %q, want %q", c.name, err, c.want)
		}
		if _, again := RetryAfter(err, 0, 0.5); again != c.again {
			t.Errorf("%s: tried again: %v", c.name, again)
		}
		if Remedy(err) == "" {
			t.Errorf("%s: no remedy", c.name)
		}
	}
	if err := masterFailure(masterOf(), "ssh: connect to host a port 22: Connection refused"); !errors.Is(err, syscall.ECONNREFUSED) {
		t.Errorf("the cause is lost: %v", err)
	}
}

// The known key's fingerprint is not said by ssh, and stands in the file.
func TestMasterFailureReadsTheKnownKey(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "known_hosts")
	if err := os.WriteFile(file, []byte("# mine\nweb1.shop ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIIpZ8MpQ0bDqC3Yp0zjH0m7r3d8o0kqZ0Xr0Wc4dT4bW\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	text := strings.Replace(changedKey, "/nonexistent/changed:1", file+":2", 1)
	var changed *HostKeyChangedError
	if !errors.As(masterFailure(masterOf(), text), &changed) || len(changed.Known) != 0 {
		t.Errorf("a file that is no known_hosts is opened: %+v", changed)
	}
	ep := masterOf()
	ep.userKnownHosts = []string{file}
	if !errors.As(masterFailure(ep, text), &changed) || len(changed.Known) != 1 ||
		!strings.HasPrefix(changed.Known[0].Fingerprint, "SHA256:") || changed.Known[0].Line != 2 {
		t.Errorf("got %+v", changed)
	}
}

func FuzzMasterFailure(f *testing.F) {
	for _, c := range said {
		f.Add(c.text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		err := masterFailure(masterOf(), text)
		if got := err.Error(); clean.Line(got) != got || len(got) > 2<<10 {
			t.Errorf("says %q", got)
		}
	})
}
