package pumatest

import (
	"crypto/ed25519"
	"crypto/rand"
	"encoding/pem"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/remote/sshtest"
)

// What the hosts of AddAsking want to hear.
const (
	AskingPassphrase = "demo"
	AskingCode       = "123456"
)

// AddAsking adds three hosts that let nobody in without an answer, with what the client keeps for them in dir:
//
//	vault1   takes a key in an encrypted file
//	fresh1   has a host key that is not known; what is agreed to is kept in dir
//	bank1    asks for a code of its own
func (f *Fleet) AddAsking(dir string, seed uint64) error {
	public, path, err := sealedKey(dir)
	if err != nil {
		return err
	}
	b := newBuilder(seed, DefaultWorkers)
	vault := newHost("vault1.shop", seed, sshtest.Options{
		Authorize: func(user string, key ssh.PublicKey) bool {
			return user == login && string(key.Marshal()) == string(public.Marshal())
		},
	}, b.cluster("vault", "6.6.1"))
	vault.config = fmt.Sprintf("stricthostkeychecking true\nidentityfile %s\n", path)
	bank := newHost("bank1.shop", seed, sshtest.Options{Interact: asksForCode}, b.cluster("bank", "7.2.1"))
	fresh := NewHost("fresh1.shop", seed, b.cluster("shop", "6.6.1"))
	fresh.config, fresh.unknown = fmt.Sprintf("stricthostkeychecking ask\nuserknownhostsfile %s\n", filepath.Join(dir, "known_hosts")), true
	fresh.SetLatency(40 * time.Millisecond) // so that they ask in this order, mostly
	bank.SetLatency(100 * time.Millisecond)
	f.add(vault, fresh, bank)
	return nil
}

// asksForCode asks once more where the code is wrong, as a second factor does.
func asksForCode(user string, ask sshtest.Ask) bool {
	answers, err := ask("", "Two-step login. In this simulation the code is "+AskingCode+".", []string{"Verification code: "}, []bool{false})
	return err == nil && user == login && len(answers) == 1 && answers[0] == AskingCode
}

// sealedKey makes a key in a file that AskingPassphrase opens.
func sealedKey(dir string) (ssh.PublicKey, string, error) {
	public, private, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		return nil, "", fmt.Errorf("make a key: %w", err)
	}
	key, err := ssh.NewPublicKey(public)
	if err != nil {
		return nil, "", fmt.Errorf("make a key: %w", err)
	}
	block, err := ssh.MarshalPrivateKeyWithPassphrase(private, "", []byte(AskingPassphrase))
	if err != nil {
		return nil, "", fmt.Errorf("encrypt a key: %w", err)
	}
	path := filepath.Join(dir, "id_ed25519")
	if err := os.WriteFile(path, pem.EncodeToMemory(block), 0o600); err != nil {
		return nil, "", fmt.Errorf("write an encrypted key: %w", err)
	}
	return key, path, nil
}
