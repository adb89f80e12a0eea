package audit

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"pumatop/actions"
	"pumatop/collector/clean"
)

func TestPath(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ state, home, want string }{
		{"/s", "/home/ana", "/s/pumatop/audit.jsonl"},
		{"", "/home/ana", "/home/ana/.local/state/pumatop/audit.jsonl"},
		{"s", "/home/ana", "/home/ana/.local/state/pumatop/audit.jsonl"},
		{"", "", ""},
		{"s", "ana", ""},
	} {
		got, err := Path(func(name string) string {
			return map[string]string{"XDG_STATE_HOME": tc.state, "HOME": tc.home}[name]
		})
		if got != tc.want || (err == nil) != (tc.want != "") {
			t.Errorf("with %q and %q the path is %q, %v; want %q", tc.state, tc.home, got, err, tc.want)
		}
		var e *Error
		if err != nil && (!errors.As(err, &e) || e.Remedy() != "set HOME or XDG_STATE_HOME, or act with --no-audit") {
			t.Errorf("the error is %v", err)
		}
	}
}

// line is a record as it stands in a file.
func line(id, event, rest string) string {
	return fmt.Sprintf(`{"v":1,"id":%q,"event":%q,"at":"2026-11-21T18:31:22Z","target":"web1/shop"%s}`+"\n", id, event, rest)
}

func TestReadLines(t *testing.T) {
	t.Parallel()
	asked, verified := line("1", "asked", ""), line("1", "ended", `,"verdict":"verified"`)
	for _, tc := range []struct {
		name, text string
		broken     int
		want       string // id, verdict and what it was before
	}{
		{"nothing", "", 0, ""},
		{"asked and ended", asked + verified, 0, "1 verified"},
		{"no end", asked, 0, "1 unknown"},
		{"no beginning", verified, 0, "1 verified"},
		{"in the order of the requests", asked + line("2", "asked", "") + line("2", "ended", `,"verdict":"stuck"`) + verified, 0, "1 verified, 2 stuck"},
		{"amended", asked + line("1", "ended", `,"verdict":"lost"`) + line("1", "amended", `,"verdict":"verified"`), 0, "1 verified was lost"},
		{"amended without its end", asked + line("1", "amended", `,"verdict":"verified"`), 0, "1 verified"},
		{"an id again is another action", asked + verified + asked, 0, "1 verified, 1 unknown"},
		{"an id of another host too", line("1", "asked", `,"from":"a"`) + line("1", "asked", `,"from":"b"`) + line("1", "ended", `,"from":"a","verdict":"stuck"`), 0, "1 stuck, 1 unknown"},
		{"blank lines", "\n \n" + asked + "\r\n\n", 0, "1 unknown"},
		{"not JSON", "no\n" + asked + "{}\n[]\nnull\n\"1\"\n" + verified, 5, "1 verified"},
		{"half a line", asked + verified[:40] + "\n" + verified, 1, "1 verified"},
		{"half a line at the end", asked + verified[:40], 1, "1 unknown"},
		{"a last line without its end", asked + strings.TrimSuffix(verified, "\n"), 0, "1 verified"},
		{"too long", asked + line("2", "asked", `,"summary":"`+strings.Repeat("x", maxLine)+`"`) + verified, 1, "1 verified"},
		{"too long, at the end", asked + strings.Repeat("x", 3*maxLine), 1, "1 unknown"},
		{"fields of a later pumatop", line("1", "asked", `,"moon":{"phase":1}`), 0, "1 unknown"},
		{"an event of a later pumatop", asked + line("1", "noted", "") + line("2", "noted", ""), 0, "1 unknown"},
		{"types of a later version", strings.Replace(line("1", "ended", `,"exit":"0","verdict":"verified"`), `"v":1`, `"v":2`, 1), 0, "1 verified"},
		{"wrong types", line("1", "ended", `,"exit":"0","verdict":"verified"`), 1, ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			p := pairs{open: map[[2]string]int{}}
			if err := p.read(strings.NewReader(tc.text)); err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, e := range p.entries {
				text := e.About().ID + " " + string(e.Word())
				if e.Was != "" {
					text += " was " + string(e.Was)
				}
				got = append(got, text)
			}
			if strings.Join(got, ", ") != tc.want || p.broken != tc.broken {
				t.Errorf("entries %q, %d broken; want %q, %d broken", got, p.broken, tc.want, tc.broken)
			}
		})
	}
}

// TestReadCleans: a file is foreign text.
func TestReadCleans(t *testing.T) {
	t.Parallel()
	path := place(t)
	r := endedOf("1")
	r.User, r.Summary, r.Evidence = "a\u202ena", "\x1b[2Jgone", []string{"a\x07"}
	write(t, openLog(t, path), r)
	e := shows(t, path, 0, "1 verified").Entries[0].Ended
	if e.User != "ana" || e.Summary != "gone" || e.Evidence[0] != "a\ufffd" {
		t.Errorf("it reads %q", []string{e.User, e.Summary, e.Evidence[0]})
	}
}

func TestReadPlaces(t *testing.T) {
	t.Parallel()
	path := place(t)
	shows(t, path, 0)
	if err := os.MkdirAll(path, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Read(path, Filter{})
	var e *Error
	if !errors.As(err, &e) || e.Error() != "read the audit "+path+": it is not a regular file" || e.Remedy() != "look at what lies there" {
		t.Errorf("a directory: %v", err)
	}
	_, err = Read(filepath.Join(os.DevNull, "audit.jsonl"), Filter{})
	if !errors.As(err, &e) || e.Error() != "read the audit /dev/null/audit.jsonl: not a directory" {
		t.Errorf("below a file: %v", err)
	}
}

// TestReadWhileItTurns: the file becomes the older one between the moments at which the two are opened.
func TestReadWhileItTurns(t *testing.T) {
	t.Parallel()
	path := place(t)
	write(t, openLog(t, path), askedOf("1"))
	if err := os.Link(path, older(path)); err != nil { // as if it had been renamed after it was opened
		t.Fatal(err)
	}
	files, err := openAll(path)
	if err != nil || len(files) != 2 || files[0].Name() != older(path) || files[1].Name() != path {
		t.Fatalf("opened %v, %v", files, err)
	}
	for _, f := range files {
		_ = f.Close()
	}
}

func TestFilter(t *testing.T) {
	t.Parallel()
	var all []actions.Entry
	for i, target := range []string{"web1/shop", "web1/api", "web2/shop", "deploy@web3/shop", "web10/shop"} {
		r := askedOf(target)
		r.Target, r.At = target, began.Add(time.Duration(i)*time.Hour)
		e := actions.Entry{Asked: &r}
		if i%2 == 0 {
			end := endedOf(target)
			end.Target, end.At = target, r.At.Add(time.Minute)
			e.Ended = &end
		}
		all = append(all, e)
	}
	for _, tc := range []struct {
		name   string
		filter Filter
		want   string
	}{
		{"all", Filter{}, "web1/shop web1/api web2/shop deploy@web3/shop web10/shop"},
		{"a host", Filter{Targets: []string{"web1"}}, "web1/shop web1/api"},
		{"an app", Filter{Targets: []string{"web1/api"}}, "web1/api"},
		{"several", Filter{Targets: []string{"web2", "web1/api"}}, "web1/api web2/shop"},
		{"a login that was given", Filter{Targets: []string{"deploy@web1/api", "deploy@web3"}}, "web1/api deploy@web3/shop"},
		{"a login that was not", Filter{Targets: []string{"web3"}}, "deploy@web3/shop"},
		{"another login", Filter{Targets: []string{"root@web3"}}, ""},
		{"lately", Filter{Since: began.Add(2*time.Hour + time.Minute)}, "web2/shop deploy@web3/shop web10/shop"},
		{"a verdict", Filter{Verdicts: []actions.Word{actions.Stuck, actions.Verified}}, "web1/shop web2/shop web10/shop"},
		{"no verdict", Filter{Verdicts: []actions.Word{actions.Unrecorded}}, "web1/api deploy@web3/shop"},
		{"the last", Filter{Last: 2}, "deploy@web3/shop web10/shop"},
		{"the last of some", Filter{Targets: []string{"web1"}, Last: 1}, "web1/api"},
		{"more than there are", Filter{Last: 9, Targets: []string{"web2"}}, "web2/shop"},
	} {
		var got []string
		for _, e := range tc.filter.apply(all) {
			got = append(got, e.About().Target)
		}
		if strings.Join(got, " ") != tc.want {
			t.Errorf("%s: %q, want %q", tc.name, got, tc.want)
		}
	}
}

// FuzzRead: whatever is in the file, the reader ends, counts every line, and lets nothing through that a terminal acts on.
func FuzzRead(f *testing.F) {
	for _, s := range []string{
		line("1", "asked", "") + line("1", "ended", `,"verdict":"lost"`) + line("1", "amended", `,"verdict":"verified"`),
		line("\x1b[31m", "asked", `,"evidence":["\u001b]0;x","\u202e"],"phase_before":null,"seconds":1e300`),
		"{\n\x00\n" + line("1", "ended", "")[:50], `{"v":2,"id":"1","event":"ended","exit":"x"}`, strings.Repeat("x", 300) + "\n{}",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		p := pairs{open: map[[2]string]int{}}
		if err := p.read(bytes.NewReader(text)); err != nil {
			t.Fatal(err)
		}
		if lines := bytes.Count(text, []byte("\n")) + 1; len(p.entries)+p.broken > lines {
			t.Fatalf("%d entries and %d broken of %d lines", len(p.entries), p.broken, lines)
		}
		for _, e := range p.entries {
			r := e.About()
			if r.ID == "" && e.Asked == nil && e.Ended == nil {
				t.Fatal("an entry of nothing")
			}
			shown := append([]string{r.Target, r.User, r.Request, string(e.Word()), string(e.Was), e.Summary()}, r.Evidence...)
			for _, s := range shown {
				if s != clean.Line(s) {
					t.Fatalf("%q is shown", s)
				}
			}
		}
	})
}
