package knownhosts_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/knownhosts"
)

func TestLoadSkipsWhatSSHSkips(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "known_hosts")
	text := "# a comment\n\nweb1 garbage\nweb1 ssh-ed25519 AAAA\nweb1 " + line(testKeys().ed25519)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	files, err := knownhosts.Load(filepath.Join(dir, "missing"), path)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		path + ":3: not a line of names, key type and key",
		path + ":4: the key's type is not known or the key is damaged",
	}
	if !slices.Equal(files.Skipped, want) {
		t.Errorf("skipped %q, want %q", files.Skipped, want)
	}
	if err := files.Lookup("WEB1", "22").Check(testKeys().ed25519.PublicKey(), knownhosts.Policy{}); err != nil {
		t.Error(err)
	}
}

// The error carries what a person needs to compare and to find the line.
func TestErrorNamesTheLines(t *testing.T) {
	t.Parallel()
	k := testKeys()
	files := &knownhosts.Files{}
	files.Add("a", []byte("# none\nweb1 "+line(k.other)+"\n"))
	files.Add("b", []byte("web1 "+line(k.rsa)+"\n"))
	err := files.Lookup("web1", "").Check(k.ed25519.PublicKey(), knownhosts.Policy{})
	var refused *knownhosts.Error
	if !errors.As(err, &refused) || refused.Verdict != knownhosts.Changed || len(refused.Known) != 2 {
		t.Fatalf("got %v", err)
	}
	if e := refused.Known[0]; e.File != "a" || e.Line != 2 {
		t.Errorf("first is %s:%d, want a:2", e.File, e.Line)
	}
	want := "host key of web1 has changed: ssh-ed25519 " + ssh.FingerprintSHA256(k.ed25519.PublicKey())
	if err.Error() != want {
		t.Errorf("says %q, want %q", err, want)
	}
}

func TestAlgorithmsNeverOfferSHA1(t *testing.T) {
	t.Parallel()
	files := &knownhosts.Files{}
	files.Add("a", []byte("web1 "+line(testKeys().rsa)+"\n@cert-authority web2 "+line(testKeys().authority)+"\n"))
	for name, first := range map[string]string{
		"web1": ssh.KeyAlgoRSASHA512, "web2": ssh.CertAlgoED25519v01, "web3": ssh.KeyAlgoED25519,
	} {
		got := files.Lookup(name, "").Algorithms()
		if got[0] != first {
			t.Errorf("%s is asked for %s first, want %s", name, got[0], first)
		}
		if slices.Contains(got, ssh.KeyAlgoRSA) || slices.Contains(got, ssh.CertAlgoRSAv01) {
			t.Errorf("%s is asked for SHA-1: %q", name, got)
		}
	}
}

// An authority that signs with an algorithm the configuration excludes is none.
func TestCASignatures(t *testing.T) {
	t.Parallel()
	k := testKeys()
	files := &knownhosts.Files{}
	files.Add("a", []byte("@cert-authority web1 "+line(k.authority)+"\n"))
	cert := certificate(k.ed25519, k.authority, "web1", nil).PublicKey()
	host := files.Lookup("web1", "")
	if err := host.Check(cert, knownhosts.Policy{CASignatures: []string{ssh.KeyAlgoED25519}}); err != nil {
		t.Error(err)
	}
	if err := host.Check(cert, knownhosts.Policy{CASignatures: []string{ssh.KeyAlgoRSASHA512}}); err == nil {
		t.Error("accepted an excluded signature")
	}
	late := knownhosts.Policy{Now: func() time.Time { return time.Now().Add(48 * time.Hour) }}
	if err := host.Check(cert, late); err == nil {
		t.Error("accepted an expired certificate")
	}
}

func TestAppend(t *testing.T) {
	t.Parallel()
	key := testKeys().ed25519.PublicKey()
	for _, c := range []struct {
		name, before string
		hashed       bool
		want         string // of the text before the new key
	}{
		{name: "new file", want: "web1 "},
		{name: "whole file", before: "web0 x y\n", want: "web0 x y\nweb1 "},
		{name: "torn file", before: "web0 x y", want: "web0 x y\nweb1 "},
		{name: "hashed", hashed: true, want: "|1|"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "ssh", "known_hosts")
			if c.before != "" {
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(c.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			if err := knownhosts.Append(path, "web1", key, c.hashed); err != nil {
				t.Fatal(err)
			}
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.HasPrefix(string(text), c.want) || !strings.HasSuffix(string(text), "\n") {
				t.Errorf("wrote %q", text)
			}
			if c.hashed == strings.Contains(string(text), "web1") {
				t.Errorf("hashed is %v, and wrote %q", c.hashed, text)
			}
			if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("mode %v, %v", info.Mode(), err)
			}
			files, err := knownhosts.Load(path)
			if err != nil {
				t.Fatal(err)
			}
			if err := files.Lookup("web1", "").Check(key, knownhosts.Policy{}); err != nil {
				t.Error(err)
			}
		})
	}
}

// A name that is no plain word would be read as a pattern, another host, or another line.
func TestAppendRefusesHostileNames(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "known_hosts")
	for _, name := range []string{"", "*", "a b", "a,b", "a\nb", "!a", "|1|a", "@revoked", "#a", "web?"} {
		if err := knownhosts.Append(path, name, testKeys().ed25519.PublicKey(), false); err == nil {
			t.Errorf("wrote %q", name)
		}
	}
	if _, err := os.Stat(path); err == nil {
		t.Error("the file was made")
	}
}

func FuzzAdd(f *testing.F) {
	k := testKeys()
	f.Add([]byte("web1,!web2,*.x " + line(k.ed25519) + "\n@revoked * " + line(k.rsa) + "\n@cert-authority web1 " + line(k.authority)))
	f.Add([]byte(knownhosts.Hash("web1") + " " + line(k.ed25519)))
	f.Add([]byte("|1|| x y\n|1|AA==|AA== ssh-rsa AAAA\n@revoked\n@ \x00"))
	f.Add([]byte(strings.Repeat("*", 1000) + "a " + line(k.ed25519)))
	cert := certificate(k.ed25519, k.authority, "web1", nil).PublicKey()
	f.Fuzz(func(t *testing.T, text []byte) {
		files := &knownhosts.Files{}
		files.Add("f", text)
		host := files.Lookup("web1", "2222")
		if got := host.Algorithms(); len(got) < 6 {
			t.Errorf("asks only for %q", got)
		}
		for _, key := range []ssh.PublicKey{k.ed25519.PublicKey(), cert} {
			var refused *knownhosts.Error
			if err := host.Check(key, knownhosts.Policy{}); err != nil && !errors.As(err, &refused) {
				t.Errorf("untyped refusal %v", err)
			}
		}
	})
}
