package remote

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"pumatop/collector/prompt"
)

// AuthError means that the server accepted no login. It is never worth a retry by itself: servers lock out whole
// addresses that fail repeatedly.
type AuthError struct {
	Host, User string
	// Offered are the keys that were offered, each with where it came from; Locked the encrypted files that could
	// not be, and Accepted the one of them that the server would have taken.
	Offered  []string
	Locked   []string
	Accepted string
	// Unsigned tells of a key that the server takes and the agent did not sign with.
	Unsigned string
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
	// HungUp is set where the server ended the connection instead of an answer, with a signature, a password or an answer
	// in its hands.
	HungUp bool
	Err    error

	mute bool // nobody was asked because the ssh is too old
}

func (e *AuthError) Error() string {
	text := fmt.Sprintf("%s: no login as %s", e.Host, e.User)
	switch {
	case e.Said != "":
		return text + ": " + e.Said
	case e.HungUp && e.Answer == nil:
		return withNotes(text+": the server hung up during the login", e.Notes)
	case e.Answer != nil && !errors.Is(e.Answer, prompt.ErrNobody):
		return withNotes(text+": "+e.Question+": "+e.Answer.Error(), e.Notes)
	case e.Accepted != "":
		return text + ": the server takes " + e.Accepted + ", but the file is encrypted and no agent has its key"
	case e.Unsigned != "":
		text += ": " + e.Unsigned
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

// answered reports whether a person has said no, or what they typed was refused.
func (e *AuthError) answered() bool {
	return e.Answer != nil && !errors.Is(e.Answer, prompt.ErrNobody)
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

// The remedies of a question that was not answered, and of one that could not be put.
const (
	askAgain   = "press F5 to be asked again, or run pumatop again"
	inTerminal = "run it in a terminal, or set SSH_ASKPASS"
)

// Remedy is the command that helps, where there is one.
func (e *AuthError) Remedy() string {
	more := len(e.Passed) > 0 || !e.takesKeys() // a key alone cannot do
	switch {
	case e.mute:
		return "load the key into the agent (`ssh-add`), update the OpenSSH client to 8.5, or use --transport native"
	case e.Said != "":
		return "check that `ssh " + e.Host + "` logs in"
	case e.HungUp && e.Answer == nil:
		return "see the server's log for why: the account may be locked or denied (PAM, AllowUsers); to try again press F5"
	case errors.Is(e.Answer, errRefused):
		return "check that `ssh " + e.Host + "` logs in; to be asked again press F5, or run pumatop again"
	case e.Answer != nil && !errors.Is(e.Answer, prompt.ErrNobody):
		return askAgain
	case e.Accepted != "":
		return "run `ssh-add " + e.Accepted + "`"
	case e.Unsigned != "":
		return "touch or confirm the key in time; if it was not asked for, it may be limited to other hosts (ssh-add -h)"
	case more:
		return e.wayToAnswer()
	case len(e.Locked) > 0:
		return "run `ssh-add " + e.Locked[0] + "` if that key is the one"
	case len(e.Offered) == 0 && e.Answer == nil:
		return "name a key (IdentityFile) or load one into the agent (`ssh-add`)"
	case len(e.Offered) == 0:
		return "name a key (IdentityFile), load one into the agent (`ssh-add`), or " + e.wayToAnswer()
	}
	return "check that `ssh " + e.Host + "` logs in without a question, and that the key is in the host's authorized_keys"
}

// wayToAnswer is how a person gets to be asked.
func (e *AuthError) wayToAnswer() string {
	switch {
	case errors.Is(e.Answer, errBatch):
		return "take BatchMode out of the ssh configuration for this host"
	case e.Answer != nil:
		return inTerminal
	}
	return "allow one of them in the ssh configuration, or keys on the host (PubkeyAuthentication)"
}
