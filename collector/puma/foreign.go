package puma

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"pumatop/collector/cause"
	"pumatop/collector/clean"
)

// ForeignError is an answer that no control app gives: something else listens there.
type ForeignError struct {
	// What names it, as far as it gave itself away: "an SSH server".
	What string
	Err  error
}

func (e *ForeignError) Error() string { return e.Cause() + ": " + e.Err.Error() }

// Unwrap returns what gave it away.
func (e *ForeignError) Unwrap() error { return e.Err }

// FailedAt is the exchange, or the agreement that it waits for.
func (e *ForeignError) FailedAt() cause.Stage {
	if e.What == tlsServer {
		return cause.TLS
	}
	return cause.HTTP
}

// Cause names what answers.
func (e *ForeignError) Cause() string {
	if e.What == tlsServer {
		return "TLS is spoken there, and the control URL does not say so"
	}
	return answersThere(e.What)
}

// Remedy is how to find the right one.
func (e *ForeignError) Remedy() string {
	if e.What == tlsServer {
		return "begin the control URL with ssl://"
	}
	return rightSocket
}

const (
	tlsServer   = "a TLS server"
	rightSocket = "find out what listens there; the control app's own address is control_url in Puma's state file"
)

// answersThere says that it is no control app.
func answersThere(what string) string { return what + " answers there, no control app" }

// foreignHello finds out from its first bytes what does not begin as HTTP does. A server that speaks first waits for
// our half of its protocol, and would be waited for in vain.
func foreignHello(b []byte) error {
	const http = "HTTP/"
	switch {
	case len(b) < len(http) || bytes.HasPrefix(b, []byte(http)):
		return nil
	case bytes.HasPrefix(b, []byte("SSH-")):
		return &ForeignError{What: "an SSH server", Err: errNotHTTP}
	case (b[0] == 0x15 || b[0] == 0x16) && b[1] == 3: // a TLS alert, or the handshake's first record
		return &ForeignError{What: tlsServer, Err: errNotHTTP}
	}
	return notHTTP()
}

var (
	errNotHTTP  = errors.New("not HTTP")
	errNotStats = errors.New("no field of /stats in it")
)

func notHTTP() error { return &ForeignError{What: "something that is not HTTP", Err: errNotHTTP} }

// webServer names a web server by its Server header.
func webServer(server string) string {
	if server == "" {
		return "another web server"
	}
	return "another web server (" + server + ")"
}

// serverHeader is what a web server calls itself, empty for Puma's control app.
func serverHeader(headers string) string {
	for line := range strings.SplitSeq(headers, "\n") {
		if name, value, _ := strings.Cut(line, ":"); strings.EqualFold(name, "Server") {
			return clean.Short(redact(strings.TrimSpace(value)), 40)
		}
	}
	return ""
}

// foreignBody names the author of an error page that is not Puma's.
func foreignBody(a answer) string {
	if a.server != "" || isHTML(a.body) {
		return webServer(a.server)
	}
	return ""
}

// foreignText names the author of a body that is not of /stats, empty where it may be Puma's.
func foreignText(body []byte, err error) string {
	var syntax *json.SyntaxError
	var kind *json.UnmarshalTypeError
	switch {
	case isHTML(body):
		return "an HTML page"
	case errors.Is(err, errNotStats), errors.As(err, &kind) && kind.Field == "":
		return "JSON that is not Puma's"
	case errors.As(err, &syntax) && !cutOff(syntax):
		return "something that is not JSON"
	}
	return ""
}

// signedBy names the web server whose answer could not be decoded, where it named itself.
func signedBy(server string, token Token, err error) error {
	var e *DecodeError
	if server == "" || !errors.As(err, &e) || e.foreign == "" {
		return err
	}
	if token.IsSet() {
		server = strings.ReplaceAll(server, token.secret(), redacted)
	}
	return &DecodeError{Err: e.Err, foreign: webServer(server)}
}

func cutOff(err *json.SyntaxError) bool { return strings.HasPrefix(err.Error(), "unexpected end") }

func isHTML(body []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(body), []byte("<")) }

// FailedAt is the reading of the figures.
func (e *DecodeError) FailedAt() cause.Stage { return cause.Decode }

// Cause says whose answer it was, or what is wrong with Puma's.
func (e *DecodeError) Cause() string {
	var syntax *json.SyntaxError
	switch {
	case e.foreign != "":
		return answersThere(e.foreign)
	case errors.As(e.Err, &syntax):
		return "the figures end in the middle"
	}
	return "its figures make no sense: " + clean.Short(e.Err.Error(), 200)
}

// Remedy is how to find the right one, or whom to tell.
func (e *DecodeError) Remedy() string {
	if e.foreign != "" {
		return rightSocket
	}
	return "look at them on the host, as Puma's user: pumactl stats"
}

// HTTPError is an exchange that broke off.
type HTTPError struct {
	Doing string // "read answer"
	Err   error
}

func (e *HTTPError) Error() string { return fmt.Sprintf("%s: %v", e.Doing, e.Err) }

// Unwrap returns why.
func (e *HTTPError) Unwrap() error { return e.Err }

// FailedAt is the exchange, unless it was the way there that broke.
func (e *HTTPError) FailedAt() cause.Stage { return stageOf(e.Err, cause.HTTP) }

// Cause is why.
func (e *HTTPError) Cause() string { return cause.Text(e.Err) }

// Remedy is that of what ended it; Puma closes connections when it ends or restarts.
func (e *HTTPError) Remedy() string {
	if r := cause.Of(e.Err).Remedy; r != "" {
		return r
	}
	return "Puma ended or restarted meanwhile; where this stays so, look at the master"
}

// exchangeError is a break in words of its own.
type exchangeError struct {
	text string
	err  error
}

func (e *exchangeError) Error() string { return e.text + ": " + e.err.Error() }
func (e *exchangeError) Unwrap() error { return e.err }
func (e *exchangeError) Cause() string { return e.text }
