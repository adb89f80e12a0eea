package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"

	"pumatop/collector/clean"
)

// Reason is why a connection to a control socket is refused.
type Reason string

// The reasons that one look on the host can tell apart.
const (
	Missing   Reason = "missing"       // nothing is at the path
	NotSocket Reason = "not-a-socket"  // something else is
	Denied    Reason = "denied"        // the login may not write to the socket
	DeniedDir Reason = "denied-dir"    // the login may not pass a directory on the way
	Stale     Reason = "refused"       // the file is there, nobody listens
	Hung      Reason = "hung"          // somebody listens and does not answer
	Forbidden Reason = "forbidden"     // it works on the host: the SSH server forbids forwarding
	Unclear   Reason = "unknown"       // the host has nothing to look with
	Invalid   Reason = "path-too-long" // the kernel has no such names
)

// Refusal is why a connection to a control socket is refused, as seen on the host.
type Refusal struct {
	Reason Reason
	Path   string // cleaned
	Login  string // Denied, DeniedDir: who was refused
	Detail string // Denied: mode and owner of the socket; DeniedDir: the directory, then its mode and owner
}

// String is the refusal in words.
func (r Refusal) String() string {
	switch r.Reason {
	case Missing:
		return "no control socket at " + r.Path
	case NotSocket:
		return r.Path + " is not a socket"
	case Denied:
		return fmt.Sprintf("%s may not open %s (%s)", r.Login, r.Path, r.Detail)
	case DeniedDir:
		return fmt.Sprintf("%s may not pass %s on the way to %s", r.Login, bracketed(r.Detail), r.Path)
	case Stale:
		return "nobody listens at " + r.Path
	case Hung:
		return "Puma accepts at " + r.Path + " and does not answer"
	case Forbidden:
		return "the SSH server forbids forwarding to " + r.Path
	case Invalid:
		return "the path is longer than a socket's name may be: " + r.Path
	}
	return "the connection to " + r.Path + " was refused, and the host cannot tell why"
}

// Remedy is what to do about it.
func (r Refusal) Remedy() string {
	switch r.Reason {
	case Missing:
		return "check that Puma runs and that puma.rb has activate_control_app with this path"
	case NotSocket:
		return "name the control socket's path (control_url in Puma's state file)"
	case Denied, DeniedDir:
		return r.admit()
	case Stale:
		return "start Puma; while it restarts this passes by itself"
	case Hung:
		return "look at the master: a hook or a stopped process keeps it from answering"
	case Forbidden:
		return allowForwarding
	case Invalid:
		return "move the socket: 107 bytes is the limit"
	}
	return "run `ls -l " + r.Path + "` on the host"
}

// bracketed is a path with what stands behind it in brackets.
func bracketed(detail string) string {
	f := strings.Fields(detail)
	if n := len(f) - 3; n > 0 && len(f[n]) >= len("drwxr-xr-x") {
		return strings.Join(f[:n], " ") + " (" + strings.Join(f[n:], " ") + ")"
	}
	return detail
}

// admit says how the login gets past a mode: by the group where that is let in, else by the owner's own login.
func (r Refusal) admit() string {
	f := strings.Fields(r.Detail)
	if len(f) < 3 || len(f[len(f)-3]) < len("drwxr-xr-x") {
		return "log in as Puma's user, or add " + r.Login + " to the group that owns it"
	}
	mode, owner, group := f[len(f)-3], f[len(f)-2], f[len(f)-1]
	needed := byte('w')
	at := 5 // of the group's w in "srwxrwx---"
	if r.Reason == DeniedDir {
		needed, at = 'x', 6
	}
	if owner == "root" && r.Reason == Denied {
		return "give it to Puma's user, or to a group of " + r.Login + "'s that may write to it (chown, chmod g+w)"
	}
	if mode[at] == needed {
		return fmt.Sprintf("log in as %s, or add %s to group %s", owner, r.Login, group)
	}
	if r.Reason == DeniedDir {
		return fmt.Sprintf("log in as %s, or let others pass it (chmod o+x)", owner)
	}
	return fmt.Sprintf("log in as %s, or let its group write to it (umask=0007 in activate_control_app's URL) and add %s to group %s", owner, r.Login, group)
}

// allowForwarding is what has to be allowed where forwarding is not.
const allowForwarding = "allow AllowTcpForwarding and AllowStreamLocalForwarding in sshd_config, and forwarding for the key in authorized_keys"

// RefusedError is a refused connection with its reason.
type RefusedError struct {
	Host    string
	Refusal Refusal
	Err     error // the *[OpenError]
}

func (e *RefusedError) Error() string { return e.Host + ": " + e.Refusal.String() }
func (e *RefusedError) Unwrap() error { return e.Err }

// Remedy is what to do about the reason.
func (e *RefusedError) Remedy() string { return e.Refusal.Remedy() }

// NoListener reports whether there is simply nobody at the path: Puma is down, or in the middle of a restart.
func (e *RefusedError) NoListener() bool {
	return e.Refusal.Reason == Missing || e.Refusal.Reason == Stale
}

// Explain returns a refusal of DialUnix or DialTCP with its reason, a [*RefusedError]. Other errors, and a refusal whose reason
// the host cannot be asked for, come back as they are. It costs a session; ask once, not at every poll.
func (h *Host) Explain(ctx context.Context, path string, err error) error {
	var refused *OpenError
	var known *RefusedError
	var relay *RelayError
	if !errors.As(err, &refused) || errors.As(err, &known) || errors.As(err, &relay) || strings.HasPrefix(path, "@") {
		return err
	}
	if _, _, err := net.SplitHostPort(path); err == nil && !strings.HasPrefix(path, "/") {
		if !refused.nobody() {
			return err
		}
		return &RefusedError{Host: h.Name(), Refusal: Refusal{Reason: Stale, Path: clean.Line(path)}, Err: refused}
	}
	r, failed := h.Diagnose(ctx, path)
	if failed != nil || r.Reason == Unclear {
		return err
	}
	if r.Reason == Forbidden && !h.forbidden() {
		return err
	}
	return &RefusedError{Host: h.Name(), Refusal: r, Err: err}
}

// diagnosis looks at a path as the login sees it. A listener is tried with curl where that is installed: the request
// has no token and no command, so that Puma only refuses it. Else the kernel's table of sockets tells.
const diagnosis = `p=%s
d=${p%%/*}
if [ ! -e "$p" ]; then
  while [ -n "$d" ] && [ ! -d "$d" ]; do d=${d%%/*}; done
  if [ -n "$d" ] && [ ! -x "$d" ]; then echo "denied-dir $d"; ls -ld -- "$d"; else echo missing; fi
elif [ ! -S "$p" ]; then echo not-a-socket
elif [ ! -w "$p" ]; then echo denied; ls -ld -- "$p"
elif command -v curl >/dev/null 2>&1; then
  curl -q -s -o /dev/null -m 3 --noproxy '*' --unix-socket "$p" http://localhost/
  case $? in 7) echo refused;; 28) echo hung;; *) echo forbidden;; esac
elif [ -r /proc/net/unix ] && command -v awk >/dev/null 2>&1; then
  if P=$p awk '$4 == "00010000" && $8 == ENVIRON["P"] { f = 1 } END { exit !f }' /proc/net/unix
  then echo forbidden; else echo refused; fi
else echo unknown
fi
id -un
`

// socketNameLimit is the longest path of a unix socket on Linux, in bytes.
const socketNameLimit = 107

// Diagnose finds out why DialUnix was refused, by one script on the host: OpenSSH has one and the same answer for
// every reason. It costs a session, so ask once and not at every poll.
func (h *Host) Diagnose(ctx context.Context, path string) (Refusal, error) {
	t, err := h.up()
	if err != nil {
		return Refusal{Path: clean.Line(path), Reason: Unclear}, fmt.Errorf("diagnose %s: %w", clean.Line(path), err)
	}
	return diagnose(ctx, t, path)
}

func diagnose(ctx context.Context, t transport, path string) (Refusal, error) {
	r := Refusal{Path: clean.Line(path), Reason: Unclear}
	switch {
	case len(path) > socketNameLimit:
		r.Reason = Invalid
		return r, nil
	case strings.ContainsRune(path, 0), !strings.HasPrefix(path, "/"):
		r.Reason = Missing
		return r, nil
	}
	out, err := t.run(ctx, fmt.Sprintf(diagnosis, quote(path)))
	if err != nil {
		return r, fmt.Errorf("diagnose %s: %w", r.Path, err)
	}
	lines := clean.Lines(string(out))
	if len(lines) < 2 {
		return r, nil
	}
	word, detail, _ := strings.Cut(lines[0], " ")
	r.Login = lines[len(lines)-1]
	switch reason := Reason(word); reason {
	case Missing, NotSocket, Stale, Hung, Forbidden:
		r.Reason = reason
	case DeniedDir:
		r.Reason, r.Detail = reason, detail
		if len(lines) > 2 {
			r.Detail += " " + modeOf(lines[1])
		}
	case Denied:
		r.Reason, r.Detail = reason, modeOf(lines[1])
	}
	return r, nil
}

// modeOf is mode and owner out of a line of `ls -l`.
func modeOf(line string) string {
	f := strings.Fields(line)
	if len(f) < 4 {
		return "not writable"
	}
	return strings.Join([]string{f[0], f[2], f[3]}, " ")
}
