package remote

import (
	"bytes"
	"cmp"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
	"pumatop/collector/remote/sshconfig"
)

// ParseTransport reads the name of a transport; empty is Auto.
func ParseTransport(name string) (Transport, error) {
	switch t := cmp.Or(Transport(name), Auto); t {
	case Auto, Native, OpenSSH:
		return t, nil
	}
	return "", fmt.Errorf("there is no transport %q", clean.Short(name, 40))
}

// reason is why a host is reached through OpenSSH; empty where it is not.
type reason string

// note is the reason as the target's screen shows it.
func (r reason) note() string { return "through OpenSSH: " + string(r) }

// transportOf is the transport that was asked for.
func (h *Host) transportOf() Transport {
	return cmp.Or(h.options.Transport, h.pool.options.Transport, Auto)
}

// hasOpenSSH reports whether there is an ssh to connect with. A simulated fleet has none.
func (p *Pool) hasOpenSSH() bool {
	if p.options.Resolve != nil || p.options.Dial != nil {
		return false
	}
	_, err := p.ask()
	return err == nil
}

// whyOpenSSH is what the configuration itself has that only OpenSSH can do. GSSAPIAuthentication is on in the files of
// whole distributions, so that it counts where it is the user's own.
func whyOpenSSH(c, defaults, system sshconfig.Config) (keyword, bool) {
	for _, k := range keywords {
		name := strings.ToLower(k.name)
		baseline := defaults
		if strings.HasPrefix(name, "gssapi") {
			baseline = system
		}
		if k.does == byOther && wanted(c, baseline, name) && (name != "proxyusefdpass" || c.Set("proxycommand")) {
			return k, true
		}
	}
	return keyword{}, false
}

// endpoint reads a host's configuration for the transport that it needs. notes say what is not honoured, and why
// the host is reached through OpenSSH.
func (h *Host) endpoint(ctx context.Context, c, defaults sshconfig.Config) (ep *endpoint, notes []string, err error) {
	because, via := reason(""), h.transportOf()
	k, lacking := whyOpenSSH(c, defaults, h.pool.systemDefaults(ctx, defaults))
	switch {
	case via == OpenSSH:
		because = "as asked for"
	case via == Native:
	case h.turned != "":
		because = h.turned
	case lacking && h.pool.hasOpenSSH():
		if notes = h.spared(ctx, k, c); notes != nil {
			break
		}
		because = reason("the configuration has " + k.name + " " + clean.Short(c.Get(strings.ToLower(k.name)), 60))
	}
	if because == "" {
		ep, err = newEndpoint(h.address, c, defaults)
		var unsupported *UnsupportedError
		if errors.As(err, &unsupported) && via == Auto {
			if unsupported.NoSSH = !h.pool.hasOpenSSH(); !unsupported.NoSSH {
				because = reason("only it can do " + unsupported.Keyword + " " + clean.Short(unsupported.Value, 60))
			}
		}
	}
	if because != "" {
		notes = append(notes, because.note())
		if ep, err = h.surveyed(ctx, c); err == nil && ep.mute != "" {
			notes = append(notes, ep.mute)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	if because == "" && lacking {
		notes = append(notes, fmt.Sprintf("%s is left out: %s are for OpenSSH to do", k.name, k.why))
	}
	ep.query = h.query()
	return ep, append(notes, unhonoured(c, defaults)...), nil
}

// systemDefaults is the system's own configuration, where the user's stands beside it.
func (p *Pool) systemDefaults(ctx context.Context, defaults sshconfig.Config) sshconfig.Config {
	client, err := p.ask()
	if err != nil || p.options.Resolve != nil || p.options.ConfigFile != "" {
		return defaults
	}
	return client.System(ctx)
}

// masterEndpoint is an endpoint as far as pumatop needs it beside an ssh that reads the same configuration.
func masterEndpoint(a address, c sshconfig.Config) (*endpoint, error) {
	e, err := readEndpoint(a, c)
	if err != nil {
		return nil, err
	}
	e.openSSH = true
	e.detaches = c.Yes("forkafterauthentication")
	e.batch = c.Yes("batchmode")
	if c.Set("proxyjump") {
		e.hops = 1 + strings.Count(c.Get("proxyjump"), ",")
	}
	e.readKeys(a, c)
	return e, nil
}

// otherWay is why a login that failed would go better with OpenSSH: the attempt has shown what x/crypto lacks.
func (h *Host) otherWay(ep *endpoint, err error) reason {
	if ep.openSSH || h.transportOf() != Auto || !h.pool.hasOpenSSH() {
		return ""
	}
	var jump *JumpError
	var algorithm *AlgorithmError
	var auth *AuthError
	switch {
	case errors.As(err, &jump): // the jump host looks for its own
		return ""
	case errors.As(err, &auth) && auth.answered():
		return "" // a person has said no, or has been told that it was wrong: to be asked the same again is no other way
	case errors.As(err, &algorithm):
		return reason("pumatop has none of the algorithms for " + clean.Short(algorithm.What, 40))
	case !errors.As(err, &auth):
		return ""
	case strings.Contains(auth.Err.Error(), "failed to sign challenge"):
		return "the agent signs only for it (a key that is bound to a host?)"
	case ep.gssapi && containsMethod(auth.Methods, "gssapi") && hasTicket():
		return "the server takes a Kerberos ticket"
	}
	return onHardware(ep, auth)
}

// onHardware is that of a key which is on hardware and was not offered.
func onHardware(ep *endpoint, auth *AuthError) reason {
	for _, path := range ep.identities {
		if isHardwareKey(path) && !strings.Contains(strings.Join(auth.Offered, " "), path) {
			return reason("the key " + clean.Line(path) + " is on hardware and in no agent")
		}
	}
	return ""
}

func containsMethod(methods []string, prefix string) bool {
	for _, m := range methods {
		if strings.HasPrefix(m, prefix) {
			return true
		}
	}
	return false
}

// hasTicket reports whether there may be a Kerberos ticket: a second login is worth it only then.
func hasTicket() bool {
	if os.Getenv("KRB5CCNAME") != "" {
		return true
	}
	_, err := os.Stat("/tmp/krb5cc_" + strconv.Itoa(os.Getuid()))
	return err == nil
}

// isHardwareKey reports whether a file is the handle of a key on hardware (ssh-ed25519-sk), which x/crypto cannot use.
func isHardwareKey(path string) bool {
	text, err := os.ReadFile(path)
	if err != nil {
		return false
	}
	block, _ := pem.Decode(text)
	const magic = "openssh-key-v1\x00"
	if block == nil || !bytes.HasPrefix(block.Bytes, []byte(magic)) {
		return false
	}
	var head struct {
		Cipher, KDF, Options string
		Keys                 uint32
		Public               []byte
		Rest                 []byte `ssh:"rest"`
	}
	if ssh.Unmarshal(block.Bytes[len(magic):], &head) != nil {
		return false
	}
	key, err := ssh.ParsePublicKey(head.Public)
	return err == nil && strings.HasPrefix(key.Type(), "sk-")
}

// joinJumps writes hops as ssh's -J takes them.
func joinJumps(hops []address) string {
	texts := make([]string, 0, len(hops))
	for _, j := range hops {
		texts = append(texts, j.text)
	}
	return strings.Join(texts, ",")
}
