package remote

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"

	"pumatop/collector/prompt"
)

// ErrLost means that the connection that was asked has ended, or was never made. Every call that was blocked on it
// returns with this; [Host.Connect] makes a new one.
var ErrLost = errors.New("connection lost")

// Why connections end that pumatop itself ends.
var (
	errClosed     = fmt.Errorf("%w: closed by pumatop", ErrLost)
	errHostClosed = fmt.Errorf("%w: host", errClosed)
	errPoolClosed = fmt.Errorf("%w: pool", errClosed)
)

// errSilent is why a connection ended whose server no longer answered.
type errSilent struct{ limit time.Duration }

func (e errSilent) Error() string {
	return fmt.Sprintf("%v: nothing heard for %s", ErrLost, e.limit)
}

func (e errSilent) Unwrap() error { return ErrLost }

// Remedy is what to do about err: the advice of the first error in its chain that has one, else nothing.
func Remedy(err error) string {
	var r interface{ Remedy() string }
	if errors.As(err, &r) {
		return r.Remedy()
	}
	return ""
}

// ConfigError means that the configuration or the name of a host cannot be used. It is not worth a retry until
// somebody changes it, unless TimedOut is set.
type ConfigError struct {
	Host     string
	Text     string // the cause; ssh's own words where it was ssh that complained
	Fix      string
	TimedOut bool
}

func (e *ConfigError) Error() string { return fmt.Sprintf("%s: %s", e.Host, e.Text) }

// Remedy is what to change.
func (e *ConfigError) Remedy() string {
	if e.Fix != "" {
		return e.Fix
	}
	return "mend the ssh configuration; `ssh -G " + e.Host + "` shows the same error"
}

// UnsupportedError means that the configuration wants something of ssh's that pumatop cannot do. The host is
// left alone: to leave the wish out would reach another machine, or trust one that should not be trusted.
type UnsupportedError struct {
	Host, Keyword, Value string
	// NoSSH is set where OpenSSH could do it and is not on this machine.
	NoSSH bool
}

func (e *UnsupportedError) Error() string {
	text := fmt.Sprintf("%s: %s %s is not supported by pumatop's own SSH", e.Host, e.Keyword, e.Value)
	if e.Keyword == "Transport" {
		text = fmt.Sprintf("%s: it is to be reached through OpenSSH", e.Host)
	}
	if e.NoSSH {
		text += ", and there is no ssh of OpenSSH's here"
	}
	return text
}

// Remedy names a way around.
func (e *UnsupportedError) Remedy() string {
	switch {
	case e.Keyword == "Transport":
		return "install the OpenSSH client, or use --transport native"
	case e.NoSSH:
		return fmt.Sprintf("install the OpenSSH client, or give the host a Host block without %s for pumatop (-F FILE)", e.Keyword)
	}
	return fmt.Sprintf("let OpenSSH connect (--transport auto), or give the host a Host block without %s for pumatop (-F FILE)", e.Keyword)
}

// DialError means that no SSH server was reached, or that it went away before the login. It is worth a retry.
type DialError struct {
	Host, Addr string
	// Stage is how far it came: "resolve", "dial", "handshake", or "proxy" for a ProxyCommand that ended.
	Stage string
	// Busy is set when the server hung up before it said a word: too many half-open logins (MaxStartups), or a
	// penalty for failed ones.
	Busy bool
	// Said is the plain sentence that some busy servers hang up with, cleaned.
	Said string
	Err  error
}

func (e *DialError) Error() string { return e.Host + ": " + e.Cause() }

// Cause is the failure without the host.
func (e *DialError) Cause() string {
	if e.Busy && e.Said != "" {
		return fmt.Sprintf("the server hung up (%s): %s", placeOf(e.Host, e.Addr), e.Said)
	}
	if e.Busy {
		return fmt.Sprintf("the server hung up before it said a word (%s)", placeOf(e.Host, e.Addr))
	}
	return e.Err.Error()
}

func (e *DialError) Unwrap() error { return e.Err }

// Remedy is what to look at.
func (e *DialError) Remedy() string {
	switch {
	case e.Busy:
		return "wait: it limits new logins (MaxStartups) or punishes failed ones (PerSourcePenalties)"
	case e.Stage == "resolve":
		return "check the name, or HostName in the ssh configuration"
	case errors.Is(e.Err, syscall.ECONNREFUSED):
		return "check that sshd runs there and listens on that port (Port in the ssh configuration)"
	case e.Stage == "dial" && (errors.Is(e.Err, os.ErrDeadlineExceeded) || errors.Is(e.Err, syscall.ETIMEDOUT) || errors.Is(e.Err, context.DeadlineExceeded)):
		return "check that the host is up, and the way to it: network, VPN, firewall"
	}
	return "check that `ssh " + e.Host + "` works from this machine"
}

// AlgorithmError means that server and pumatop have no algorithm in common.
type AlgorithmError struct {
	Host, What string
	Server     []string // what the server offers, cleaned
	Err        error
}

func (e *AlgorithmError) Error() string {
	return fmt.Sprintf("%s: no common algorithm for %s: the server offers %s", e.Host, e.What, strings.Join(e.Server, ", "))
}

func (e *AlgorithmError) Unwrap() error { return e.Err }

// Remedy is what to change, and where.
func (e *AlgorithmError) Remedy() string {
	return "update the host's sshd, or allow one of these in the ssh configuration"
}

// AuthError means that the server accepted no login. It is never worth a retry by itself: servers lock out whole
// addresses that fail repeatedly.
type AuthError struct {
	Host, User string
	// Offered are the keys that were offered, each with where it came from; Locked the encrypted files that could
	// not be, and Accepted the one of them that the server would have taken.
	Offered  []string
	Locked   []string
	Accepted string
	// Notes are what went wrong on the way: an agent that does not answer, a key file that cannot be read.
	Notes []string
	// Methods are what the server accepts, as far as it said, and Passed those that it was content with and wants more.
	Methods, Passed []string
	// Said are the words of the ssh that logged in for pumatop, cleaned; nothing else is known then.
	Said string
	// Question is what a person would have had to tell, or was asked in vain; Answer says which: it is prompt.ErrNobody
	// where there was nobody to ask.
	Question string
	Answer   error
	Err      error
}

func (e *AuthError) Error() string {
	text := fmt.Sprintf("%s: no login as %s", e.Host, e.User)
	switch {
	case e.Said != "":
		return text + ": " + e.Said
	case e.Answer != nil && !errors.Is(e.Answer, prompt.ErrNobody):
		return withNotes(text+": "+e.Question+": "+e.Answer.Error(), e.Notes)
	case e.Accepted != "":
		return text + ": the server takes " + e.Accepted + ", but the file is encrypted and no agent has its key"
	case len(e.Passed) > 0:
		text += ": the server takes " + strings.Join(e.Passed, ", ") + " and wants " + strings.Join(e.Methods, " or ") + " besides"
	case len(e.Offered) > 0:
		text += ": no key accepted, offered " + strings.Join(e.Offered, ", ")
	case !e.takesKeys():
		text += ": the server takes no keys, only " + strings.Join(e.Methods, ", ")
	default:
		text += ": there is no key to offer"
	}
	if len(e.Locked) > 0 {
		text += "; encrypted and in no agent: " + strings.Join(e.Locked, ", ")
	}
	if e.Answer != nil {
		text += "; " + e.Question + ": " + e.Answer.Error()
	}
	return withNotes(text, e.Notes)
}

func withNotes(text string, notes []string) string {
	return strings.Join(append([]string{text}, notes...), "; ")
}

// takesKeys reports whether the server may accept a key, as far as is known.
func (e *AuthError) takesKeys() bool {
	return len(e.Methods) == 0 || slices.Contains(e.Methods, "publickey")
}

// Unwrap leads to the answer, too.
func (e *AuthError) Unwrap() []error {
	if e.Answer == nil {
		return []error{e.Err}
	}
	return []error{e.Answer, e.Err}
}

// askAgain is the remedy of a question that was not answered.
const askAgain = "press F5 to be asked again, or run pumatop again"

// Remedy is the command that helps, where there is one.
func (e *AuthError) Remedy() string {
	switch {
	case e.Said != "":
		return "check that `ssh " + e.Host + "` logs in"
	case errors.Is(e.Answer, errRefused):
		return "check that `ssh " + e.Host + "` logs in; to be asked again press F5, or run pumatop again"
	case e.Answer != nil && !errors.Is(e.Answer, prompt.ErrNobody):
		return askAgain
	case e.Accepted != "":
		return "run `ssh-add " + e.Accepted + "`"
	case errors.Is(e.Answer, errBatch) && (len(e.Passed) > 0 || !e.takesKeys()):
		return "take BatchMode out of the ssh configuration for this host"
	case e.Answer != nil && (len(e.Passed) > 0 || !e.takesKeys()):
		return "run it in a terminal, or set SSH_ASKPASS"
	case !e.takesKeys() || len(e.Passed) > 0:
		return "allow one of them in the ssh configuration, or keys on the host (PubkeyAuthentication)"
	case len(e.Locked) > 0:
		return "run `ssh-add " + e.Locked[0] + "` if that key is the one"
	case len(e.Offered) == 0:
		return "name a key (IdentityFile) or load one into the agent (`ssh-add`)"
	}
	return "check that `ssh " + e.Host + "` logs in without a question, and that the key is in the host's authorized_keys"
}

// OpenError means that the server refused to forward a connection. OpenSSH refuses a missing socket, one without a
// listener, one without permission and forwarding as such in the same words; [Host.Diagnose] finds out which.
type OpenError struct {
	Host, Path string
	// Forbidden is set where the server said that it is not allowed, rather than that it failed.
	Forbidden bool
	Err       error
}

func (e *OpenError) Error() string { return e.Host + ": " + e.Cause() }
func (e *OpenError) Unwrap() error { return e.Err }

// Cause is the refusal without the host: what is certain from the server's word alone.
func (e *OpenError) Cause() string {
	switch {
	case e.Forbidden:
		return "the SSH server forbids forwarding to " + e.Path
	case e.nobody():
		return "nobody listens at " + e.Path
	}
	return fmt.Sprintf("no connection to %s: %s", e.Path, e.Reason())
}

// nobody reports whether the refusal says by itself that nobody listens, as it does for TCP.
func (e *OpenError) nobody() bool {
	return strings.HasSuffix(strings.ToLower(e.Reason()), "connection refused")
}

// Reason is the server's own word for the refusal.
func (e *OpenError) Reason() string { return strings.TrimPrefix(e.Err.Error(), refusedPrefix) }

// Remedy is what to look at before a diagnosis has told more.
func (e *OpenError) Remedy() string {
	if e.Forbidden {
		return allowForwarding
	}
	return "check that Puma runs, that this is its control socket, and that the login may open it"
}

// ExitError means that a script ran and ended badly.
type ExitError struct {
	Host   string
	Status int    // -1 where the host told none
	Signal string // the signal that ended it, if one did
	Stderr string // the end of what it complained, one line, cleaned
}

func (e *ExitError) Error() string {
	text := fmt.Sprintf("%s: script ended with status %d", e.Host, e.Status)
	if e.Signal != "" {
		text = fmt.Sprintf("%s: script ended by signal %s", e.Host, e.Signal)
	}
	if e.Stderr != "" {
		text += ": " + e.Stderr
	}
	return text
}

// ExitStatus is Status, for whom this type is not to be known to.
func (e *ExitError) ExitStatus() int { return e.Status }

// NoShellError means that the login ran something else than the shell it was asked for: a forced command, a menu, a
// login that is not allowed commands.
type NoShellError struct {
	Host   string
	Answer string // what came instead, one line, cleaned
	// Command is what was to be a shell, where it is not the login.
	Command string
}

func (e *NoShellError) Error() string {
	if e.Command != "" {
		return strings.TrimSuffix(fmt.Sprintf("%s: `%s` ran no shell: %s", e.Host, e.Command, e.Answer), ": ")
	}
	text := e.Host + ": the login runs no commands"
	if e.Answer != "" {
		text += ": " + e.Answer
	}
	return text
}

// Remedy is what to change on the host.
func (e *NoShellError) Remedy() string {
	if e.Command != "" {
		return "make it a command whose stdin and stdout are a POSIX shell on the host, as `docker exec -i web sh` is"
	}
	return "name its control socket (--control), or use a key without command= in authorized_keys and a login with a shell"
}
