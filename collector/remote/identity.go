package remote

import (
	"errors"
	"os"
	"strings"

	"golang.org/x/crypto/ssh"

	"pumatop/collector/clean"
)

// identity is what a key file holds.
type identity struct {
	path   string
	public ssh.PublicKey // nil where nobody can tell
	signer ssh.Signer    // nil where the file is encrypted, or only its public half is here
	locked bool
	note   string
}

// readIdentities reads key files. Those that are not there are normal: ssh's defaults name seven. The public half
// alone is enough for a key that the agent has.
func readIdentities(paths []string, keys *keyring) []identity {
	var found []identity
	for _, path := range paths {
		id := identity{path: path, public: readPublic(path + ".pub")}
		text, err := readKeyFile(path)
		switch {
		case errors.Is(err, os.ErrNotExist):
			if id.public != nil {
				found = append(found, id)
			}
			continue
		case err != nil:
			id.note = clean.Line("key " + err.Error())
		default:
			id.parse(text, keys)
		}
		found = append(found, id)
	}
	return found
}

func (id *identity) parse(text []byte, keys *keyring) {
	signer, err := ssh.ParsePrivateKey(text)
	var encrypted *ssh.PassphraseMissingError
	switch {
	case err == nil:
		id.signer, id.public = signer, signer.PublicKey()
	case errors.As(err, &encrypted):
		if encrypted.PublicKey != nil {
			id.public = encrypted.PublicKey
		}
		switch signer := keys.opened(text); {
		case signer != nil:
			id.signer, id.public = signer, signer.PublicKey()
		case id.public != nil && needsTouch(id.public):
			id.note = hardware(id.path) // there is nothing in it that could sign
		default:
			id.locked = true
		}
	case readPublicText(text) != nil: // IdentityFile may name the public half
		id.public = readPublicText(text)
	case strings.Contains(err.Error(), "unhandled key type"):
		id.note = hardware(id.path)
	default:
		// The parser's own words may quote the file.
		id.note = "key " + id.path + " cannot be read: not a private key, or damaged"
	}
}

// hardware is the note on a file that only stands for a key somewhere else.
func hardware(path string) string {
	return "key " + path + " is of a type that needs the agent (hardware?)"
}

func readPublic(path string) ssh.PublicKey {
	text, err := readKeyFile(path)
	if err != nil {
		return nil
	}
	return readPublicText(text)
}

func readPublicText(text []byte) ssh.PublicKey {
	key, _, _, _, err := ssh.ParseAuthorizedKey(text)
	if err != nil {
		return nil
	}
	return key
}
