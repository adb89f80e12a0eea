package puma

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"

	"pumatop/collector/cause"
)

// exchange is one recorded request with the answer as it came.
type recordedExchange struct{ version, server, request, answer string }

// recordedExchanges reads testdata/errors: "##### server", "### request", then the raw answer.
func recordedExchanges(t testing.TB) []recordedExchange {
	t.Helper()
	files, _ := filepath.Glob("testdata/errors/*.[0-9]*.txt")
	var out []recordedExchange
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, server := range strings.Split(string(text), "##### ")[1:] {
			sections := strings.Split(server, "\n### ")
			name := strings.TrimSpace(sections[0])
			for _, section := range sections[1:] {
				request, answer, _ := strings.Cut(section, "\n")
				version := strings.TrimSuffix(filepath.Base(file), ".txt")
				out = append(out, recordedExchange{version, name, request, strings.TrimSuffix(answer, "\n\n")})
			}
		}
	}
	if len(out) < 100 {
		t.Fatalf("%d recorded exchanges", len(out))
	}
	return out
}

func TestReadRecordedAnswers(t *testing.T) {
	t.Parallel()
	for _, x := range recordedExchanges(t) {
		name := x.version + " " + x.server + " " + x.request
		if strings.HasPrefix(x.request, "HEAD") {
			continue // an answer without the body that it announces: nothing here asks for one
		}
		whole, err := readAnswer(strings.NewReader(x.answer))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		bytewise, err := readAnswer(iotest.OneByteReader(strings.NewReader(x.answer)))
		if err != nil || bytewise.status != whole.status || !bytes.Equal(bytewise.body, whole.body) {
			t.Errorf("%s: another answer byte by byte: %v %v", name, bytewise, err)
		}
		checkRecordedAnswer(t, name, x, whole)
	}
}

// checkRecordedAnswer holds what each kind of answer means.
func checkRecordedAnswer(t *testing.T, name string, x recordedExchange, a answer) {
	t.Helper()
	if a.status == 200 {
		if !strings.Contains(x.request, "/stats?") {
			return
		}
		if s, err := Decode(a.body); err != nil || !s.AllServing() || (s.Mode == Single) != (x.server == "single") {
			t.Errorf("%s: %+v, %v", name, s, err)
		}
		return
	}
	var want error
	switch {
	case a.status == 403:
		want = ErrForbidden
	case strings.Contains(x.server, "data_only"):
		want = ErrUnavailable
	case strings.HasSuffix(x.answer, "Unsupported action"), strings.HasSuffix(x.answer, "Unsupported action\n"):
		want = ErrUnsupported
	case strings.Contains(x.request, "/refork?"), strings.Contains(x.request, "/reload-worker-directory?"):
		want = ErrRefused
	}
	if err := newStatusError(a, NewToken("token")); !errors.Is(err.Unwrap(), want) {
		t.Errorf("%s: %v", name, err)
	}
	if want == nil && (a.status != 400 || !strings.Contains(x.request, "nonsense\\r")) {
		t.Errorf("%s: unexpected %d %q", name, a.status, a.body)
	}
}

// TestForbiddenByAnother: a web server's own 403 says nothing of a token.
func TestForbiddenByAnother(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		a      answer
		ours   bool
		failed cause.Stage
	}{
		{answer{status: 403, body: []byte("Invalid auth token")}, true, cause.Token},
		{answer{status: 403, server: "nginx/1.22.1", body: []byte("<html>403 Forbidden</html>")}, false, cause.HTTP},
		{answer{status: 403, body: []byte("<!DOCTYPE html><html><body>Forbidden</body></html>")}, false, cause.HTTP},
	} {
		if err := newStatusError(tc.a, NewToken("t0ken")); errors.Is(err, ErrForbidden) != tc.ours || err.FailedAt() != tc.failed {
			t.Errorf("%q: %v at %s", tc.a.body, err, err.FailedAt())
		}
	}
}

func TestReadAnswer(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.0 200 OK\r\n"
	for _, tc := range []struct {
		name, in string
		status   int
		body     string
	}{
		{"Puma 8", "HTTP/1.0 200 OK\r\ncontent-type: application/json\r\ncontent-length: 2\r\n\r\n{}", 200, "{}"},
		{"Puma 4", "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
		{"no more than the length", ok + "Content-Length: 2\r\n\r\n{}HTTP/1.0 500", 200, "{}"},
		{"bare line feeds", "HTTP/1.0 200 OK\nContent-Length: 2\n\n{}", 200, "{}"},
		{"empty body", ok + "Content-Length: 0\r\n\r\n", 200, ""},
		{"the same length twice", ok + "Content-Length: 2\r\ncontent-length: 2\r\n\r\n{}", 200, "{}"},
		{"bare status of Puma 5", "HTTP/1.1 400 Bad Request\r\n\r\n", 400, ""},
		{"bare status, closed early", "HTTP/1.1 400 Bad Request\r\n", 400, ""},
		{"no reason", "HTTP/1.0 404\r\nContent-Length: 1\r\n\r\nx", 404, "x"},
		{"large headers", ok + "X: " + strings.Repeat("y", 20_000) + "\r\nContent-Length: 2\r\n\r\n{}", 200, "{}"},
		{"large body", ok + "Content-Length: 300000\r\n\r\n" + strings.Repeat("z", 300_000), 200, strings.Repeat("z", 300_000)},
	} {
		got, err := readAnswer(strings.NewReader(tc.in))
		if err != nil || got.status != tc.status || string(got.body) != tc.body {
			t.Errorf("%s: %d, %d bytes, %v", tc.name, got.status, len(got.body), err)
		}
	}
}

func TestReadAnswerErrors(t *testing.T) {
	t.Parallel()
	const ok = "HTTP/1.0 200 OK\r\n"
	for name, in := range map[string]string{
		"nothing":                     "",
		"another protocol":            "SSH-2.0-OpenSSH_9.2\r\n",
		"our own request":             "GET /stats?token=5f1d7c0e HTTP/1.0\r\nHost: localhost\r\n\r\n",
		"HTTP/2":                      "HTTP/2 200 OK\r\nContent-Length: 2\r\n\r\n{}",
		"status of two digits":        "HTTP/1.0 20 OK\r\nContent-Length: 2\r\n\r\n{}",
		"negative status":             "HTTP/1.0 -20 OK\r\nContent-Length: 2\r\n\r\n{}",
		"200 without a length":        ok + "\r\n{}",
		"cut off in the status":       "HTTP/1.0 20",
		"cut off in the headers":      ok + "Content-Le",
		"cut off in the body":         ok + "Content-Length: 5\r\n\r\n{}",
		"negative length":             ok + "Content-Length: -1\r\n\r\n{}",
		"length in words":             ok + "Content-Length: two\r\n\r\n{}",
		"two lengths":                 ok + "Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
		"a body beyond the limit":     ok + "Content-Length: 1048577\r\n\r\n",
		"a length beyond 31 bits":     ok + "Content-Length: 99999999999999999999\r\n\r\n",
		"chunks":                      ok + "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n",
		"headers beyond the limit":    ok + strings.Repeat("X: y\r\n", maxHead),
		"one endless header":          ok + strings.Repeat("x", 4*maxHead),
		"whole headers beyond limits": ok + strings.Repeat("x", 3*maxHead) + "\r\n\r\n",
	} {
		a, err := readAnswer(strings.NewReader(in))
		if err == nil {
			t.Errorf("%s: %d %q", name, a.status, a.body)
		} else if strings.Contains(err.Error(), "5f1d7c0e") {
			t.Errorf("%s: the error shows the token: %v", name, err)
		}
	}
	if _, err := readAnswer(strings.NewReader(ok + "Content-Length: 5\r\n\r\n{}")); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("a body that is cut off: %v", err)
	}
}

// endless yields bytes for ever.
type endless string

func (e endless) Read(b []byte) (int, error) { return copy(b, e), nil }

func TestReadAnswerTakesNoMoreThanItsLimits(t *testing.T) {
	t.Parallel()
	if _, err := readAnswer(io.MultiReader(strings.NewReader("HTTP/1.0 200 OK\r\n"), endless("X: y\r\n"))); err == nil {
		t.Error("endless headers were read")
	}
}

func FuzzReadAnswer(f *testing.F) {
	for _, x := range recordedExchanges(f) {
		f.Add([]byte(x.answer))
	}
	f.Add([]byte("HTTP/1.0 200 OK\n\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		a, err := readAnswer(bytes.NewReader(in))
		if err != nil {
			return
		}
		if a.status < 0 || a.status > 999 || len(a.body) > maxBody || len(a.body) > len(in) {
			t.Fatalf("status %d, %d bytes of body from %d", a.status, len(a.body), len(in))
		}
		if text := newStatusError(a, NewToken("secret-token-x")).Error(); strings.ContainsAny(text, "\n\x1b") || strings.Contains(text, "secret-token-x") {
			t.Fatalf("error %q", text)
		}
	})
}
