package puma

import (
	"errors"
	"fmt"
	"strings"

	"pumatop/collector/cause"
	"pumatop/collector/clean"
)

// What an answer other than 200 can mean; a [*StatusError] wraps one of these where it is known.
var (
	// ErrForbidden is a 403: the token is wrong or missing. A full restart makes a new one where none is configured,
	// so the state file is worth another look.
	ErrForbidden = errors.New("the control app refuses the token")
	// ErrUnavailable is the answer of a control app with data_only (from 7.2) to anything but stats and gc-stats.
	ErrUnavailable = errors.New("the control app is data_only: it gives figures and takes no commands")
	// ErrUnsupported is the answer to a path that this version does not have.
	ErrUnsupported = errors.New("this Puma does not have that command")
	// ErrRestartsInFull is the answer of single mode (from 5.0) to phased-restart. It is no refusal: Puma restarts in
	// full because of it, so a restart must not be asked for again.
	ErrRestartsInFull = errors.New("a phased restart is not available: Puma restarts in full instead")
	// ErrRefused is the answer to a refork without fork_worker, and to reload-worker-directory in single mode.
	ErrRefused = errors.New("that is not available in the way this Puma is set up")
)

// StatusError is an answer of the control app other than 200.
type StatusError struct {
	Status int
	// Text is the body, sanitised and cut to a line.
	Text string
	kind error
	// foreign names what answered where that was no control app.
	foreign string
}

func (e *StatusError) Error() string {
	if e.Text == "" {
		return fmt.Sprintf("the control app answered %d", e.Status)
	}
	return fmt.Sprintf("the control app answered %d: %s", e.Status, e.Text)
}

// Unwrap returns what the answer means, nil where that is not known.
func (e *StatusError) Unwrap() error { return e.kind }

// maxText is how much of an error body is kept: from 6.4 on it has a whole Ruby trace.
const maxText = 200

// FailedAt is the token, or the exchange.
func (e *StatusError) FailedAt() cause.Stage {
	if e.Status == 403 && e.foreign == "" {
		return cause.Token
	}
	return cause.HTTP
}

// Cause is what the answer means.
func (e *StatusError) Cause() string {
	switch {
	case e.foreign != "":
		return fmt.Sprintf("%s, with status %d", answersThere(e.foreign), e.Status)
	case e.kind != nil:
		return e.kind.Error()
	}
	return e.Error()
}

// Remedy is what to do about it.
func (e *StatusError) Remedy() string {
	switch {
	case e.foreign != "":
		return rightSocket
	case e.kind == ErrForbidden: //nolint:errorlint // it is one of ours, never wrapped
		return "name the state file that has its token: HOST:/path/puma.state"
	case e.kind == ErrUnavailable: //nolint:errorlint // as above
		return "use --via systemd or --via signal, or take data_only out of activate_control_app"
	case e.kind == ErrUnsupported, e.kind == ErrRefused: //nolint:errorlint // as above
		return "use another way (--via), or a Puma that has it"
	case e.Status >= 500:
		return "see Puma's log: it failed inside"
	}
	return ""
}

func newStatusError(a answer, token Token) *StatusError {
	first, _, _ := strings.Cut(strings.TrimSpace(string(a.body)), "\n")
	e := &StatusError{Status: a.status, Text: clean.Short(redact(first), maxText)}
	switch {
	case a.status == 403 && foreignBody(a) == "":
		e.kind = ErrForbidden
	case a.status != 404:
	case strings.HasPrefix(e.Text, `Command "`) && strings.HasSuffix(e.Text, "unavailable"):
		e.kind = ErrUnavailable
	case e.Text == "Unsupported action":
		e.kind = ErrUnsupported
	case strings.Contains(e.Text, `"phased_restart not available"`), strings.Contains(e.Text, `"phased restart not available"`):
		e.kind = ErrRestartsInFull
	case strings.HasSuffix(e.Text, `not available" }`):
		e.kind = ErrRefused
	}
	if e.kind == nil {
		e.foreign = foreignBody(a)
	}
	if e.kind == nil && token.IsSet() { // the texts above are Puma's own and have no room for a secret
		e.Text, e.foreign = strings.ReplaceAll(e.Text, token.secret(), redacted), strings.ReplaceAll(e.foreign, token.secret(), redacted)
	}
	return e
}

// DialError is returned where the control socket took no connection: nothing was sent. Behind it stands what the dial
// function said.
type DialError struct{ Err error }

func (e *DialError) Error() string { return "dial control app: " + e.Err.Error() }

// Unwrap returns the error of the dial function.
func (e *DialError) Unwrap() error { return e.Err }

// FailedAt is the stage that the dial function names.
func (e *DialError) FailedAt() cause.Stage { return stageOf(e.Err, cause.Forward) }

// Cause is the dial function's.
func (e *DialError) Cause() string { return cause.Text(e.Err) }

// stageOf is the stage of an error, or another where it names none.
func stageOf(err error, other cause.Stage) cause.Stage {
	if s := cause.Of(err).Stage; s != "" {
		return s
	}
	return other
}

// MaybeSentError is returned for a command whose bytes may have left while no answer came. Puma has perhaps carried
// it out: nobody may send it again, only look what became of it.
type MaybeSentError struct {
	Command Command
	Err     error
}

func (e *MaybeSentError) Error() string {
	return fmt.Sprintf("send %s, which Puma may have carried out: %v", e.Command, e.Err)
}

// Unwrap returns why there was no answer.
func (e *MaybeSentError) Unwrap() error { return e.Err }

// Cause says that it may have been carried out, and why there was no answer.
func (e *MaybeSentError) Cause() string {
	return fmt.Sprintf("%s was sent and Puma may have carried it out: %s", e.Command, cause.Text(e.Err))
}

// NotSentError is returned for a command that certainly did not leave: the stats before it failed, the check of
// them said no, or the control socket took no connection.
type NotSentError struct {
	Command Command
	Err     error
}

func (e *NotSentError) Error() string { return fmt.Sprintf("send %s: not sent: %v", e.Command, e.Err) }

// Unwrap returns the reason.
func (e *NotSentError) Unwrap() error { return e.Err }

// Cause is the reason.
func (e *NotSentError) Cause() string { return cause.Text(e.Err) }

// redact removes what a line could show of a request's token: Puma writes whole request lines into its log and into
// error bodies when a request to its control app fails inside.
func redact(line string) string {
	const key = "token="
	if !strings.Contains(line, key) {
		return line
	}
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(line, key)
		out.WriteString(before)
		if !found {
			return out.String()
		}
		out.WriteString(key)
		end := strings.IndexAny(rest, " \t\r\n\"'&;)")
		if end < 0 {
			end = len(rest)
		}
		if end > 0 {
			out.WriteString(redacted)
		}
		line = rest[end:]
	}
}
