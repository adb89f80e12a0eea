package pumatest

import (
	"bufio"
	"io"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector/remote/sshtest"
)

// exchange is one request and the raw answer of a recorded Puma.
type exchange struct{ server, request, answer string }

// exchanges reads what the recorder wrote of errors: "#####" a server, "###" a request line, then the answer.
func exchanges(t *testing.T, path string) (out []exchange) {
	t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	server := ""
	for _, part := range strings.Split(string(text), "\n###") {
		part = strings.TrimPrefix(part, "###")
		line, answer, _ := strings.Cut(part, "\n")
		if name, ok := strings.CutPrefix(line, "## "); ok {
			server = name
			continue
		}
		if !strings.Contains(line, " HTTP/") {
			continue // not HTTP at all: another test
		}
		out = append(out, exchange{server, strings.TrimSpace(line), strings.TrimRight(answer, "\n")})
	}
	return out
}

// ask sends a request line to a control server and reads the answer to its end, or for as long as nothing comes.
func ask(t *testing.T, p *Puma, request string) string {
	t.Helper()
	client, server := sshtest.Pipe()
	go p.Serve(server)
	if _, err := io.WriteString(client, request+"\r\nHost: localhost\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	_ = client.SetReadDeadline(time.Now().Add(time.Second))
	answer, err := io.ReadAll(client)
	if err != nil && !os.IsTimeout(err) {
		t.Fatal(err)
	}
	_ = client.Close()
	return strings.TrimRight(string(answer), "\n")
}

// TestAnswersAreSpeltAsRecorded holds status lines, headers and error texts to the recordings, character for character
// but for numbers.
func TestAnswersAreSpeltAsRecorded(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/*/errors.txt")
	if err != nil || len(files) == 0 {
		t.Fatal(err)
	}
	for _, file := range files {
		version := filepath.Base(filepath.Dir(file))
		list := exchanges(t, file)
		if len(list) < 20 {
			t.Fatalf("%s: %d exchanges", file, len(list))
		}
		for _, e := range list {
			t.Run(version+" "+e.server+" "+e.request, func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					c := Config{
						Version: version, Workers: 2, MinThreads: 1, MaxThreads: 3, Token: "token", Uptime: time.Hour,
						DataOnly: strings.Contains(e.server, "data_only"),
					}
					if strings.HasPrefix(e.server, "single") {
						c.Workers = 0
					}
					got, want := ask(t, NewPuma(c, 1), e.request), e.answer
					if strings.Contains(e.request, "gc-stats") || strings.Contains(e.request, "backtraces?token=token") && strings.Contains(want, "200 OK") {
						got, _, _ = strings.Cut(got, "\r\n\r\n") // the figures of a Ruby that is not there
						want, _, _ = strings.Cut(want, "\r\n\r\n")
					}
					if shape(got) != shape(want) {
						t.Errorf("answered\n%s\nrecorded\n%s", got, want)
					}
				})
			})
		}
	}
}

// TestSilentClientBlocks is why a connection must never be opened before there is something to say.
func TestSilentClientBlocks(t *testing.T) {
	for version, blocked := range map[string]time.Duration{"8.0.2": firstData, "5.6.9": firstData, "5.0.4": 0} {
		synctest.Test(t, func(t *testing.T) {
			p := NewPuma(Config{Version: version, Workers: 2, Token: "token", Uptime: time.Hour}, 1)
			silent, server := sshtest.Pipe()
			go p.Serve(server)
			synctest.Wait()
			begin := time.Now()
			if line := firstLine(t, p); line != "HTTP/1.0 200 OK\r\n" {
				t.Errorf("%s answers %q", version, line)
			}
			if waited := time.Since(begin); waited != blocked {
				t.Errorf("%s answers the second client after %v, want %v", version, waited, blocked)
			}
			_ = silent.Close()
			synctest.Wait()
		})
	}
}

// firstLine asks for stats and waits as long as it takes.
func firstLine(t *testing.T, p *Puma) string {
	t.Helper()
	client, server := sshtest.Pipe()
	go p.Serve(server)
	defer func(c net.Conn) { _ = c.Close() }(client)
	if _, err := io.WriteString(client, "GET /stats?token=token HTTP/1.0\r\n\r\n"); err != nil {
		t.Fatal(err)
	}
	line, err := bufio.NewReader(client).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return line
}

// TestFrozenMasterAcceptsAndSaysNothing, until it goes on where it stood.
func TestFrozenMasterAcceptsAndSaysNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := NewPuma(Config{Workers: 2, Token: "token", Uptime: time.Hour}, 1)
		p.Freeze()
		if answer := ask(t, p, "GET /stats?token=token HTTP/1.0"); answer != "" {
			t.Errorf("a frozen master answers %q", answer)
		}
		p.Signal("USR1")
		time.Sleep(time.Minute)
		if got := p.truth(); got.old != 0 {
			t.Errorf("a frozen master acts: %+v", got)
		}
		time.AfterFunc(time.Minute, p.Thaw)
		if line := firstLine(t, p); line != "HTTP/1.0 200 OK\r\n" {
			t.Errorf("thawed, it answers %q", line)
		}
		time.Sleep(time.Second)
		if got := p.truth(); got.current != 2 || got.booted != 2 || p.phase != 1 {
			t.Errorf("thawed, it does not go on: %+v", got)
		}
	})
}
