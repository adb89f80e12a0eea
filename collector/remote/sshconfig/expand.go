package sshconfig

import (
	"fmt"
	"maps"
	"os"
	"os/user"
	"path/filepath"
	"strings"
)

// Expand replaces what `ssh -G` leaves in IdentityFile and CertificateFile: tokens (%h, %r, ...), ${VARIABLES} and a
// leading ~. original is the host as the user wrote it. An unknown token or variable is an error, as in ssh.
func (c Config) Expand(s, original string) (string, error) {
	path, err := c.expand(s, original, true, nil)
	if err != nil {
		return "", err
	}
	if path == "~" || strings.HasPrefix(path, "~/") {
		// ssh takes the home directory from the user database, not from $HOME.
		me, err := user.Current()
		if err != nil {
			return "", fmt.Errorf("find out who runs pumatop: %w", err)
		}
		path = filepath.Join(me.HomeDir, path[1:])
	}
	return path, nil
}

// ExpandTokens replaces only the tokens, as ssh does in ProxyCommand: the rest is for a shell. more are tokens that
// only this keyword has.
func (c Config) ExpandTokens(s, original string, more map[byte]string) (string, error) {
	return c.expand(s, original, false, more)
}

func (c Config) expand(s, original string, variables bool, more map[byte]string) (string, error) {
	t, err := c.tokens(original)
	if err != nil {
		return "", err
	}
	maps.Copy(t, more)
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '%':
			if i++; i == len(s) {
				return "", fmt.Errorf("expand %q: it ends in %%", s)
			}
			value, ok := t[s[i]]
			if !ok {
				return "", fmt.Errorf("expand %q: token %%%c is not known", s, s[i])
			}
			b.WriteString(value)
		case variables && strings.HasPrefix(s[i:], "${"):
			name, _, ok := strings.Cut(s[i+2:], "}")
			if !ok {
				return "", fmt.Errorf("expand %q: ${ without }", s)
			}
			value, ok := os.LookupEnv(name)
			if !ok {
				return "", fmt.Errorf("expand %q: environment variable %s is not set", s, name)
			}
			b.WriteString(value)
			i += len(name) + 2
		default:
			b.WriteByte(s[i])
		}
	}
	return b.String(), nil
}

func (c Config) tokens(original string) (map[byte]string, error) {
	me, err := user.Current()
	if err != nil {
		return nil, fmt.Errorf("find out who runs pumatop: %w", err)
	}
	local, err := os.Hostname()
	if err != nil {
		return nil, fmt.Errorf("find out this machine's name: %w", err)
	}
	short, _, _ := strings.Cut(local, ".")
	key := c.Get("hostkeyalias")
	if key == "" {
		key = c.Get("hostname")
	}
	return map[byte]string{
		'%': "%", 'd': me.HomeDir, 'h': c.Get("hostname"), 'i': me.Uid, 'j': c.Get("proxyjump"), 'k': key,
		'L': short, 'l': local, 'n': original, 'p': c.Get("port"), 'r': c.Get("user"), 'u': me.Username,
	}, nil
}
