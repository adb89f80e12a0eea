package main

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/prompt"
	"pumatop/collector/remote/sshtest"
)

const typedSecret = "SECRET-f00d"

// guarded is an SSH server that wants everything of a person: its host key is new, the key that it takes is encrypted,
// and it asks for a code besides. It returns the ssh configuration that leads there.
func guarded(t *testing.T) (server *sshtest.Server, config string) {
	t.Helper()
	dir := t.TempDir()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	public, err := ssh.NewPublicKey(private.Public())
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.MarshalECPrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	//lint:ignore SA1019 the format of today takes seconds to open under the race detector
	block, err := x509.EncryptPEMBlock(rand.Reader, "EC PRIVATE KEY", der, []byte(typedSecret), x509.PEMCipherAES128)
	if err != nil {
		t.Fatal(err)
	}
	key := filepath.Join(dir, "id")
	for path, text := range map[string][]byte{key: pem.EncodeToMemory(block), key + ".pub": ssh.MarshalAuthorizedKey(public)} {
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	server = sshtest.New(sshtest.Options{
		Authorize: func(_ string, k ssh.PublicKey) bool { return string(k.Marshal()) == string(public.Marshal()) },
		Besides:   true,
		Interact: func(_ string, ask sshtest.Ask) bool {
			got, err := ask("", "One more thing\nfrom the server", []string{"Code: "}, []bool{true})
			return err == nil && got[0] == "123456"
		},
	})
	listener, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = listener.Close() })
	go func() { _ = server.Serve(listener) }()
	config = filepath.Join(dir, "config")
	_, port, err := net.SplitHostPort(listener.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	text := fmt.Sprintf("Host web1\n HostName 127.0.0.1\n Port %s\n User deploy\n IdentityFile %s\n IdentityAgent none\n UserKnownHostsFile %s\n"+
		" GlobalKnownHostsFile none\n StrictHostKeyChecking ask\n HashKnownHosts no\n", port, key, filepath.Join(dir, "known_hosts"))
	if err := os.WriteFile(config, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return server, config
}

// freed waits until nobody is connected to the server, which learns of it a moment later than the client.
func freed(t *testing.T, server *sshtest.Server) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for server.Connections() != 0 {
		select {
		case <-tick.C:
		case <-ctx.Done():
			t.Fatalf("%d connections are kept waiting", server.Connections())
		}
	}
}

// TestConsole types on the terminal of a headless run: what is secret is not seen, what is wrong is asked again, and the
// terminal is whole afterwards.
func TestConsole(t *testing.T) {
	t.Parallel()
	server, config := guarded(t)
	x := onTerminal(t, 120, 40, []string{"SSH_ASKPASS=", "SSH_AUTH_SOCK="}, "sh", "-c", "pumatop status -F "+config+" web1 </dev/null; echo status $?; stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e -echo; echo over")
	write := func(text string) {
		if _, err := x.File().WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	sees(t, x, "web1: host key not known: ssh-ed25519 "+ssh.FingerprintSHA256(server.HostKey()))
	sees(t, x, "is it the right one (yes, no, or the fingerprint)?")
	write("yes\n")
	sees(t, x, "(yes, no, or the fingerprint)? yes")
	sees(t, x, "web1: passphrase of ")
	write("wrong-one\n")
	sees(t, x, "web1: that was not right; passphrase of ")
	write(typedSecret + "\n")
	sees(t, x, "deploy@web1: the server asks questions of its own; enter logs in:")
	freed(t, server) // no server is kept waiting
	write("\n")
	sees(t, x, "deploy@web1 asks:")
	sees(t, x, "  | from the server")
	sees(t, x, "  | Code:")
	write("123456\n")
	sees(t, x, "over")
	text := x.Text()
	if !strings.Contains(text, "| Code: 123456") || strings.Contains(text, "wrong-one") || strings.Contains(text, typedSecret) {
		t.Errorf("it shows\n%s", text)
	}
	if !strings.Contains(text, "\necho") || server.Logins() != 1 {
		t.Errorf("%d logins, and the terminal says\n%s", server.Logins(), text)
	}
}

// ctrl-c in the middle of a passphrase ends the program and gives the terminal back.
func TestConsoleIsInterrupted(t *testing.T) {
	t.Parallel()
	_, config := guarded(t)
	x := onTerminal(t, 120, 40, []string{"SSH_ASKPASS=", "SSH_AUTH_SOCK="}, "sh", "-c",
		"trap : INT; pumatop status -F "+config+" -o json web1; echo status $?; stty -a | tr ' ;' '\\n\\n' | grep -x -e echo -e -echo; echo over")
	sees(t, x, "fingerprint)?")
	press(t, x, "y", "e", "s", "enter")
	sees(t, x, "web1: passphrase of ")
	press(t, x, "ctrl+c")
	sees(t, x, "status 130")
	sees(t, x, "\necho")
}

func TestConsoleWords(t *testing.T) {
	t.Parallel()
	q := prompt.Question{Host: "web1", User: "deploy", Key: "~/.ssh/id", Text: "1. Push\n2. Code", KeyType: "ssh-rsa", Fingerprint: "SHA256:x", File: "f", Try: 2}
	for kind, want := range map[prompt.Kind]string{
		prompt.Passphrase: "web1: that was not right; passphrase of ~/.ssh/id: ",
		prompt.Password:   "deploy@web1: that was not right; password: ",
		prompt.PIN:        "web1: that was not right; PIN of ~/.ssh/id: ",
		prompt.Begin:      "deploy@web1: the server asks questions of its own; enter logs in: ",
		prompt.Challenge:  "deploy@web1 asks: that was not right\n  | 1. Push\n  | 2. Code ",
		prompt.HostKey:    "web1: host key not known: ssh-rsa SHA256:x\n  yes writes it to f\n  is it the right one (yes, no, or the fingerprint)? ",
		prompt.KeepKey:    "web1: give the unlocked key ~/.ssh/id to the agent (yes, no)? ",
	} {
		q.Kind = kind
		if got := consoleWords(q); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
