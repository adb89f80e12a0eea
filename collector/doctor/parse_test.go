package doctor

import (
	"errors"
	"reflect"
	"strconv"
	"strings"
	"testing"
	"time"

	"pumatop/collector/probe"
	"pumatop/collector/puma"
)

func itoa(n int) string { return strconv.Itoa(n) }

// answer is what a host may say.
const answer = `Welcome!

pumatop-doctor 1
clock	1764360000.500000000
login	uid=1500(deploy) gid=1500(deploy) groups=1500(deploy)
runtime	/run/user/1500
number	cores	4
number	memory	8000000000
number	somaxconn	4096
limit	self	cpu.max	200000 100000
listen	1024	/srv/shop/shared/tmp/sockets/puma.sock
space	1024	/var/log
permit	systemctl	yes	system	a.service	systemctl show a.service	
permit	journal	yes	system	a.service	journalctl -n 1 --unit=a.service	
permit	journal	no	user:1500	a.service	journalctl -n 1 --user-unit=a.service	No journal files were opened due to insufficient permissions.
permit	journal	unknown	user:1501	a.service	journalctl	command not found
linger	no	deploy
unit	user:1500	shop.service
|Id=shop.service
|ExecStart={ path=/usr/bin/puma ; argv[]=/usr/bin/puma -C x ; ignore_errors=no }
|Environment=RAILS_ENV=production SECRET=[hidden]
|EnvironmentFiles=/a
|EnvironmentFiles=/b

of	user:1500	shop.service	/home/deploy/.config/systemd/user/shop.service
of	user:1500	shop.service	/home/deploy/.config/systemd/user/shop.service.d/a.conf
given	user:1500	shop.service	read	/a
|WEB_CONCURRENCY="2"
|WEB_CONCURRENCY=3
manager	user:1500	shop.service
|WEB_CONCURRENCY=1
|PORT=3000
file	read	/srv/shop/../shop/puma.rb
|workers 2
|` + "\x1b[31mdirectory\tx" + `

file	denied	/etc/nginx/sites-enabled/*
file	cut	/long
|x
inode	read	/run/a/b.sock
|srwxrwxrwx deploy www /run/a/b.sock
|drwxr-x--- root www /run/a
|drwxr-xr-x root root /run
inode	denied	/root/x
master	77	user:1500	shop.service
cwd	77	/srv/shop/releases/1
environ	77	overwritten
limit	77	cpu.max	150000 100000
limit	77	memory.max	1000000
lock	77	read	/srv/shop/releases/1/Gemfile.lock
|pg (1.5)
booted	77	1764350000
newer	77	/srv/shop/puma.rb
proxy	nginx	/etc/nginx/nginx.conf
serving	nginx
link	/run/puma.sock
|/srv/shop/puma.sock
something	new
end
logout
`

func TestParseHost(t *testing.T) {
	t.Parallel()
	h, err := ParseHost([]byte(answer))
	if err != nil {
		t.Fatal(err)
	}
	key := UnitKey{"shop.service", true, 1500}
	want := &Host{
		Login: "deploy", Clock: time.Unix(1764360000, 5e8).UTC(), Cores: puma.Of(2), Memory: puma.Of(8_000_000_000), Somaxconn: puma.Of(4096), Runtime: "/run/user/1500",
		Files: map[string]File{
			"/srv/shop/puma.rb":          {Path: "/srv/shop/puma.rb", Text: "workers 2\ndirectory       x\n"},
			"/etc/nginx/sites-enabled/*": {Path: "/etc/nginx/sites-enabled/*", Err: "permission denied"},
			"/long":                      {Path: "/long", Text: "x\n", Cut: true},
		},
		Units: map[UnitKey]map[string]string{key: {
			"Id": "shop.service", "ExecStart": "{ path=/usr/bin/puma ; argv[]=/usr/bin/puma -C x ; ignore_errors=no }",
			"Environment": "RAILS_ENV=production SECRET=[hidden]", "EnvironmentFiles": "/a\n/b",
		}},
		UnitFiles: map[UnitKey][]string{key: {"/home/deploy/.config/systemd/user/shop.service", "/home/deploy/.config/systemd/user/shop.service.d/a.conf"}},
		Sockets: map[string]Inode{
			"/run/a/b.sock": {Path: "/run/a/b.sock", Mode: "srwxrwxrwx", User: "deploy", Group: "www", Dir: "drwxr-x---", DirUser: "root", DirGroup: "www", Reach: puma.No},
			"/root/x":       {Path: "/root/x", Reach: puma.Unknown, Err: "permission denied"},
		},
		Backlogs: map[string]puma.Count{"/srv/shop/shared/tmp/sockets/puma.sock": puma.Of(1024)},
		Free:     map[string]puma.Count{"/var/log": puma.Of(1 << 20)},
		May: map[string]Permit{
			"commands": {puma.Yes, Evidence{Command: "sh -s"}},
		},
		UnitMay: map[UnitKey]map[string]Permit{
			{Name: "a.service"}: {"systemctl": {puma.Yes, Evidence{Command: "systemctl show a.service"}}, "journal": {puma.Yes, Evidence{Command: "journalctl -n 1 --unit=a.service"}}},
			{"a.service", true, 1500}: {"journal": {puma.No, Evidence{Command: "journalctl -n 1 --user-unit=a.service",
				Text: "No journal files were opened due to insufficient permissions."}}},
			{"a.service", true, 1501}: {"journal": {puma.Unknown, Evidence{Command: "journalctl", Text: "command not found"}}},
		},
		Proxies: map[string][]string{"nginx": {"/etc/nginx/nginx.conf"}}, Serving: map[string]bool{"nginx": true},
		Lingers: map[string]puma.Answer{"deploy": puma.No}, Links: map[string]string{"/run/puma.sock": "/srv/shop/puma.sock"},
		Masters: map[int]Master{77: {
			Cwd: "/srv/shop/releases/1",
			Env: map[string]string{"RAILS_ENV": "production", "WEB_CONCURRENCY": "3", "PORT": "3000"}, EnvKnown: true,
			Cores: puma.Of(2), Memory: puma.Of(1_000_000), Lock: "/srv/shop/releases/1/Gemfile.lock", Gems: map[string]string{"pg": "1.5"},
			Booted: time.Unix(1764350000, 0).UTC(), Newer: []string{"/srv/shop/puma.rb"},
		}},
	}
	if !reflect.DeepEqual(h, want) {
		t.Errorf("got\n%+v\nwant\n%+v", h, want)
	}
	h.Between(time.Unix(1764359998, 0), time.Unix(1764359999, 0))
	if h.Ahead != 2*time.Second || h.Within != time.Second/2 {
		t.Errorf("%s ahead, within %s", h.Ahead, h.Within)
	}
}

func TestParseTruncated(t *testing.T) {
	t.Parallel()
	for _, out := range []string{"", "end\n", strings.TrimSuffix(answer, "end\nlogout\n"), "x" + strings.Repeat("\n", maxAnswer) + answer} {
		if _, err := ParseHost([]byte(out)); !errors.Is(err, ErrTruncated) {
			t.Errorf("%.40q: %v", out, err)
		}
	}
}

// A file that is longer than the bound is never taken for whole, nor an answer of more records than are read.
func TestParseIsBounded(t *testing.T) {
	t.Parallel()
	h, err := ParseHost([]byte("\npumatop-doctor 1\nfile\tread\t/x\n" + strings.Repeat("|0123456789\n", maxFile/10) + "end\n"))
	if err != nil || !h.Files["/x"].Cut || len(h.Files["/x"].Text) > maxFile {
		t.Errorf("%v, %d bytes, %v", err, len(h.Files["/x"].Text), h.Files["/x"].Cut)
	}
	if _, err := ParseHost([]byte("\npumatop-doctor 1\n" + strings.Repeat("serving\tx\n", maxRecords+1) + "end\n")); !errors.Is(err, ErrTruncated) {
		t.Errorf("%v for more records than are read", err)
	}
}

// Whatever a host says, no check fails on it, and nothing that a terminal would act on comes out.
func FuzzParseHost(f *testing.F) {
	f.Add([]byte(answer), "workers 2\npreload_app!\n")
	f.Add([]byte("\npumatop-doctor 1\nend\n"), "activate_control_app 'unix:///x', { auth_token: 'y' }")
	f.Fuzz(func(t *testing.T, out []byte, config string) {
		h, err := ParseHost(out)
		if err != nil {
			return
		}
		v, _ := puma.ParseVersion("8.0.2")
		h.Files["/c"] = File{Path: "/c", Text: config}
		target := &Target{Name: "a", Host: h, Puma: probe.Puma{PID: 77, Version: v, ConfigPath: "/c", Control: puma.Address{Network: puma.Unix, Name: "/run/a/b.sock"}}}
		for _, f := range Examine(append(pumaChecks(), hostChecks()...), []*Target{target}).Findings {
			for _, e := range f.Evidence {
				if strings.ContainsAny(e.Text+e.File, "\x1b\n\x00") {
					t.Fatalf("%s: %q", f.ID, e.Text)
				}
			}
		}
		for _, c := range Examine(append(pumaChecks(), hostChecks()...), []*Target{target}).Checks {
			if strings.Contains(c.Reason, "the check itself failed") {
				t.Fatal(c)
			}
		}
	})
}
