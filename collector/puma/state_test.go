package puma

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestParseRecordedStateFiles(t *testing.T) {
	t.Parallel()
	files, err := filepath.Glob("testdata/state/*")
	if err != nil || len(files) == 0 {
		t.Fatal("no recordings")
	}
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		version, _ := ParseVersion(filepath.Base(file))
		s, err := ParseState(text)
		if err != nil {
			t.Errorf("%s: %v", version, err)
			continue
		}
		if s.PID == 0 || s.Token != NewToken("token") {
			t.Errorf("%s: pid %d, token as recorded: %v", version, s.PID, s.Token == NewToken("token"))
		}
		if (s.RunningFrom != "") != version.AtLeast(5, 0, 0) || strings.Contains(s.RunningFrom, `"`) {
			t.Errorf("%s: running from %q", version, s.RunningFrom)
		}
		want := "/srv/rec/run/" + version.String() + "/cluster-boot/app/shared/tmp/sockets/pumactl.sock"
		if a, err := ParseAddress(s.ControlURL, s.RunningFrom); err != nil || a != (Address{Network: Unix, Name: want}) {
			t.Errorf("%s: address %+v, %v", version, a, err)
		}
	}
}

func TestParseState(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name, text string
		want       State
	}{
		{
			"from 5.6 on a numeric token is not quoted", "---\npid: 7\ncontrol_url: unix://tmp/c\ncontrol_auth_token: 12345678901234567890\nrunning_from: \"/srv\"\n",
			State{7, "unix://tmp/c", NewToken("12345678901234567890"), "/srv"},
		},
		{"a token that reads as a float", "---\npid: 7\ncontrol_auth_token: 123e45\n", State{PID: 7, Token: NewToken("123e45")}},
		{"quoted by the YAML library", "---\npid: 7\ncontrol_auth_token: '123'\n", State{PID: 7, Token: NewToken("123")}},
		{"a quote in quotes", "---\npid: 7\ncontrol_auth_token: 'it''s'\n", State{PID: 7, Token: NewToken("it's")}},
		{"escapes of the YAML library", "---\npid: 7\ncontrol_auth_token: \"a\\\"b\\\\c\"\n", State{PID: 7, Token: NewToken(`a"b\c`)}},
		{"no control app up to 5.5", "---\npid: 7\ncontrol_url:\ncontrol_auth_token:\nrunning_from: \"/srv\"\n", State{PID: 7, RunningFrom: "/srv"}},
		{"no control app from 5.6 on", "---\npid: 7\nrunning_from: \"/srv\"\n", State{PID: 7, RunningFrom: "/srv"}},
		{"no token in 3.x", "---\npid: 7\ncontrol_url: tcp://127.0.0.1:9\ncontrol_auth_token: :none\n", State{PID: 7, ControlURL: "tcp://127.0.0.1:9"}},
		{"no token from 4.0 on", "---\npid: 7\ncontrol_url: tcp://127.0.0.1:9\ncontrol_auth_token: none\n", State{PID: 7, ControlURL: "tcp://127.0.0.1:9"}},
		{"a folded directory", "---\npid: 7\nrunning_from: \"/srv/my long\\\n  \\ directory\"\n", State{PID: 7, RunningFrom: "/srv/my long directory"}},
		{"what 2.x wrote as well", "---\npid: 7\nconfig: !ruby/object:Puma::Configuration\n  cli_options:\n    :tag: x\ncontrol_auth_token: a:b\n", State{PID: 7, Token: NewToken("a:b")}},
		{"carriage returns", "---\r\npid: 7\r\ncontrol_auth_token: x\r\n", State{PID: 7, Token: NewToken("x")}},
	} {
		got, err := ParseState([]byte(tc.text))
		if err != nil || got != tc.want {
			t.Errorf("%s: %+v, %v, want %+v", tc.name, got, err, tc.want)
		}
	}
}

// A state file is truncated and then written, so every beginning of one can be read.
func TestParseStateCutAnywhere(t *testing.T) {
	t.Parallel()
	whole, err := os.ReadFile("testdata/state/8.0.2")
	if err != nil {
		t.Fatal(err)
	}
	token := strings.Index(string(whole), "running_from") // without that line it is a whole file of Puma 4
	for n := range len(whole) {
		_, err := ParseState(whole[:n])
		if n != token && !errors.Is(err, ErrPartialState) {
			t.Errorf("the first %d bytes: %v", n, err)
		}
	}
}

func TestParseStateErrors(t *testing.T) {
	t.Parallel()
	const secret = "5f1d7c0e"
	for _, text := range []string{
		"---\npid: x" + secret + "\ncontrol_auth_token: " + secret + "\n",
		"---\npid: 0\ncontrol_auth_token: " + secret + "\n",
		"---\npid: -7\ncontrol_auth_token: " + secret + "\n",
		"---\npid: 99999999999\ncontrol_auth_token: " + secret + "\n",
		"---\npid: 7\ncontrol_url: unix:///a\x00b\ncontrol_auth_token: " + secret + "\n",
		strings.Repeat("x: "+secret+"\n", maxState),
	} {
		_, err := ParseState([]byte(text))
		if err == nil || errors.Is(err, ErrPartialState) {
			t.Errorf("%.40q: %v", text, err)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("the error shows the token: %v", err)
		}
	}
}

func FuzzParseState(f *testing.F) {
	files, _ := filepath.Glob("testdata/state/*")
	for _, file := range files {
		text, _ := os.ReadFile(file)
		f.Add(text)
	}
	f.Add([]byte("---\npid: 7\nrunning_from: \"a\\\n \\ b\"\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		s, err := ParseState(text)
		if err != nil {
			if s != (State{}) {
				t.Fatalf("an error with a state: %+v", s)
			}
			return
		}
		if s.PID <= 0 {
			t.Fatalf("pid %d", s.PID)
		}
		if out := fmt.Sprintf("%v %+v %#v", s, s, s); s.Token.IsSet() && len(s.Token.secret()) > 12 &&
			strings.Contains(out, s.Token.secret()) && !strings.Contains(s.ControlURL+s.RunningFrom, s.Token.secret()) {
			t.Fatal("the token prints")
		}
		if a, err := ParseAddress(s.ControlURL, s.RunningFrom); err == nil && strings.ContainsAny(a.Name, "\x00\n") {
			t.Fatalf("address %q", a.Name)
		}
	})
}
