package remote

import (
	"strings"

	"golang.org/x/crypto/ssh"
)

// narrow limits a key to what may be signed with: what the user allows, and never SHA-1 unless he names it. ok is
// false where nothing is left.
func narrow(s ssh.Signer, allowed []string) (ssh.Signer, bool) {
	keyType := s.PublicKey().Type()
	if allowed != nil && !allows(allowed, keyType) {
		return nil, false
	}
	if keyType != ssh.KeyAlgoRSA {
		return s, true
	}
	algorithms := []string{ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSASHA256}
	if allowed != nil {
		algorithms = restrict(allowed, append(algorithms, ssh.KeyAlgoRSA))
	}
	as, ok := s.(ssh.AlgorithmSigner)
	if !ok {
		return s, true
	}
	narrowed, err := ssh.NewSignerWithAlgorithms(as, algorithms)
	if err != nil {
		return nil, false
	}
	return narrowed, true
}

func allows(allowed []string, keyType string) bool {
	for _, a := range allowed {
		if a == keyType || (keyType == ssh.KeyAlgoRSA && strings.HasPrefix(a, "rsa-sha2-") && !strings.Contains(a, "cert")) ||
			(keyType == ssh.CertAlgoRSAv01 && strings.HasPrefix(a, "rsa-sha2-") && strings.Contains(a, "cert")) {
			return true
		}
	}
	return false
}
