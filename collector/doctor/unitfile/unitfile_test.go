package unitfile_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"unicode"

	"pumatop/collector/doctor/unitfile"
)

// say is what is in force of a setting, with its lines.
func say(settings []unitfile.Setting) string {
	var out []string
	for _, s := range settings {
		out = append(out, fmt.Sprintf("%s:%d %s", s.File, s.Line, s))
	}
	return strings.Join(out, "\n")
}

func TestInForce(t *testing.T) {
	t.Parallel()
	fragment := unitfile.File{Path: "f", Text: `# comment
; another
[Unit]
Description = The shop
[Service]
ExecStart=/bin/sh -c \
  # a comment in between, and the line goes on
  'exec puma' \
  -C x
Environment=A=1
Environment="B=2 3"
ExecReload=/bin/kill -TSTP $MAINPID
WatchdogSec=10
Restart=always
`}
	dropIn := unitfile.File{Path: "d", Text: "[Service]\r\nExecReload=\r\nExecReload=/bin/true\r\nExecReload=/bin/kill -USR1 $MAINPID\r\nWatchdogSec=20\r\nRestart=\r\n[Install]\r\nRestart=no\r\n"}
	u := unitfile.Read([]unitfile.File{fragment, dropIn})
	tests := []struct{ section, name, want string }{
		{"Unit", "Description", "f:4 Description=The shop"},
		{"Service", "ExecStart", "f:6 ExecStart=/bin/sh -c  'exec puma'  -C x"},
		{"Service", "Environment", "f:10 Environment=A=1\nf:11 Environment=\"B=2 3\""},
		{"Service", "ExecReload", "d:3 ExecReload=/bin/true\nd:4 ExecReload=/bin/kill -USR1 $MAINPID"},
		{"Service", "WatchdogSec", "f:13 WatchdogSec=10\nd:5 WatchdogSec=20"},
		{"Service", "Restart", ""},
		{"Install", "Restart", "d:8 Restart=no"},
		{"Service", "Description", ""},
	}
	for _, test := range tests {
		if got := say(u.All(test.section, test.name)); got != test.want {
			t.Errorf("%s is\n%s\nwant\n%s", test.name, got, test.want)
		}
	}
	if s, ok := u.Last("Service", "WatchdogSec"); !ok || s.Text != "20" {
		t.Errorf("the last one is %v", s)
	}
	if _, ok := u.Last("Service", "Restart"); ok {
		t.Error("what was taken back is in force")
	}
	if !u.Has("Install") || u.Has("Socket") {
		t.Error("sections")
	}
}

func TestWords(t *testing.T) {
	t.Parallel()
	tests := []struct {
		text string
		want []string
	}{
		{"/bin/kill -USR1 $MAINPID", []string{"/bin/kill", "-USR1", "$MAINPID"}},
		{`/bin/sh -c 'a "b" c' "d e"f`, []string{"/bin/sh", "-c", `a "b" c`, "d ef"}},
		{`a\sb c\"d ''`, []string{"a b", `c"d`, ""}},
		{"  ", nil},
	}
	for _, test := range tests {
		if got := unitfile.Words(test.text); !slices.Equal(got, test.want) {
			t.Errorf("%s is %q", test.text, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("[Service]\nExecStart=a \\\n b\nExecStart=\n", "[Service]\n;x\n\\\n=\nA = \x1b[31m")
	f.Fuzz(func(t *testing.T, a, b string) {
		u := unitfile.Read([]unitfile.File{{Path: "a", Text: a}, {Path: "b", Text: b}})
		for _, s := range u.All("Service", "ExecStart") {
			if s.Line < 1 || s.Text == "" || strings.ContainsFunc(s.String(), unicode.IsControl) {
				t.Errorf("%+v", s)
			}
			unitfile.Words(s.Text)
		}
	})
}
