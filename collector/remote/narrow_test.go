package remote

import (
	"testing"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshtest"
)

// What PubkeyAcceptedAlgorithms leaves of a key. SHA-1 comes back only by its name.
func TestNarrow(t *testing.T) {
	t.Parallel()
	rsaKey := sshtest.NewRSA()
	for _, c := range []struct {
		name    string
		key     ssh.Signer
		allowed []string
		want    bool
	}{
		{"anything", sshtest.NewKey(), nil, true},
		{"ed25519", sshtest.NewKey(), []string{"ssh-ed25519"}, true},
		{"not ed25519", sshtest.NewKey(), []string{"rsa-sha2-512"}, false},
		{"rsa with SHA-2", rsaKey, []string{"rsa-sha2-256"}, true},
		{"rsa with SHA-1", rsaKey, []string{"ssh-rsa"}, true},
		{"certificates of rsa are not its keys", rsaKey, []string{"rsa-sha2-512-cert-v01@openssh.com"}, false},
		{"not rsa", rsaKey, []string{"ssh-ed25519"}, false},
	} {
		if _, ok := narrow(c.key, c.allowed); ok != c.want {
			t.Errorf("%s: offered %t", c.name, ok)
		}
	}
}
