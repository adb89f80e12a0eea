package remote

import (
	"bytes"
	"context"
	"crypto/rsa"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
	"pumatop/collector/remote/knownhosts"
	"pumatop/collector/remote/sshconfig"
)

// keysLimit bounds a KnownHostsCommand, and keysMost what it may print.
const (
	keysLimit = 10 * time.Second
	keysMost  = 1 << 20
)

// keysCommand is KnownHostsCommand: a program that prints lines of known_hosts.
type keysCommand struct {
	host     string // as an error names it
	words    []string
	config   sshconfig.Config
	original string
}

// readKeysCommand takes KnownHostsCommand apart as ssh does: into words, not through a shell.
func readKeysCommand(a address, c sshconfig.Config) (*keysCommand, error) {
	if !c.Set("knownhostscommand") {
		return nil, nil
	}
	words, ok := sshconfig.Words(c.Get("knownhostscommand"))
	if !ok || len(words) == 0 || !filepath.IsAbs(words[0]) {
		return nil, &ConfigError{Host: a.text, Text: "KnownHostsCommand: not a command that begins with an absolute path",
			Fix: "write the program's whole path"}
	}
	return &keysCommand{a.text, words, c, a.host}, nil
}

// key tells commands apart, as far as is known before the host has shown its key.
func (k *keysCommand) key(e *endpoint) string {
	if k == nil {
		return ""
	}
	words := make([]string, 0, len(k.words))
	for _, w := range k.words {
		expanded, err := k.config.ExpandTokens(w, k.original, k.tokens(knownhosts.Name(e.keyName()), nil))
		if err != nil {
			expanded = w + "\x02" + k.original
		}
		words = append(words, expanded)
	}
	return strings.Join(words, "\x01")
}

// tokens are those that ssh expands in the command alone.
func (k *keysCommand) tokens(name string, key ssh.PublicKey) map[byte]string {
	tokens := map[byte]string{'H': name, 'I': "ORDER", 't': "NONE", 'K': "NONE", 'f': "NONE"}
	if key != nil {
		tokens['I'], tokens['t'], tokens['f'] = "HOSTNAME", key.Type(), ssh.FingerprintSHA256(key)
		tokens['K'] = base64.StdEncoding.EncodeToString(key.Marshal())
	}
	return tokens
}

// ask runs the command: before a key has come to learn which types are known (ORDER), then for the key itself (HOSTNAME).
func (k *keysCommand) ask(ctx context.Context, name string, key ssh.PublicKey) ([]byte, error) {
	tokens := k.tokens(name, key)
	words := make([]string, 0, len(k.words))
	for _, w := range k.words {
		expanded, err := k.config.ExpandTokens(w, k.original, tokens)
		if err != nil {
			return nil, k.fail(err.Error())
		}
		words = append(words, expanded)
	}
	limited, cancel := context.WithTimeout(ctx, keysLimit)
	defer cancel()
	cmd := exec.CommandContext(limited, words[0], words[1:]...)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	cmd.WaitDelay = time.Second
	var out bytes.Buffer
	said := &tail{limit: 2 << 10}
	cmd.Stdout, cmd.Stderr = &limitedBuffer{&out, keysMost}, said
	err := cmd.Run()
	switch {
	case err == nil:
		return out.Bytes(), nil
	case ctx.Err() != nil:
		return nil, context.Cause(ctx)
	case limited.Err() != nil:
		return nil, &ConfigError{Host: k.host, Text: fmt.Sprintf("KnownHostsCommand did not end within %s", keysLimit), TimedOut: true}
	}
	return nil, k.fail(err.Error() + ": " + said.String())
}

func (k *keysCommand) fail(text string) error {
	return &ConfigError{Host: k.host, Text: clean.Short("KnownHostsCommand: "+text, 300), Fix: "run the command by hand"}
}

// limitedBuffer fails a writer that says too much.
type limitedBuffer struct {
	*bytes.Buffer
	most int
}

func (b *limitedBuffer) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.most {
		return 0, errors.New("it prints too much")
	}
	return b.Buffer.Write(p)
}

// withCommand adds what KnownHostsCommand says to what the files do, before a key has come or for one.
func (e *endpoint) withCommand(ctx context.Context, files *knownhosts.Files, key ssh.PublicKey) (*knownhosts.Files, error) {
	if e.keysCommand == nil {
		return files, nil
	}
	text, err := e.keysCommand.ask(ctx, knownhosts.Name(e.keyName()), key)
	if err != nil {
		return nil, err
	}
	return files.With("KnownHostsCommand", text), nil
}

// KeySizeError means that a host's RSA key is shorter than RequiredRSASize.
type KeySizeError struct {
	Host           string
	Bits, Required int
}

func (e *KeySizeError) Error() string {
	return fmt.Sprintf("%s: the host's RSA key has %d bits, required are %d", e.Host, e.Bits, e.Required)
}

// Remedy is the better key.
func (e *KeySizeError) Remedy() string {
	return "give the host an Ed25519 key, or lower RequiredRSASize in the ssh configuration"
}

// rsaBits is the size of an RSA key, 0 for any other.
func rsaBits(key ssh.PublicKey) int {
	if c, ok := key.(*ssh.Certificate); ok {
		key = c.Key
	}
	crypto, ok := key.(ssh.CryptoPublicKey)
	if !ok {
		return 0
	}
	public, ok := crypto.CryptoPublicKey().(*rsa.PublicKey)
	if !ok {
		return 0
	}
	return public.N.BitLen()
}

// tooShort reports whether a key is an RSA key of fewer bits than the configuration wants.
func (e *endpoint) tooShort(key ssh.PublicKey) bool {
	bits := rsaBits(key)
	return bits > 0 && bits < e.rsaSize
}

// exempt reports whether the configuration trusts every key of this machine's own address.
func (e *endpoint) exempt(addr net.Addr) bool {
	tcp, ok := addr.(*net.TCPAddr)
	return ok && e.trustLocalhost && len(e.jumps) == 0 && e.proxy == "" && tcp.IP.IsLoopback()
}
