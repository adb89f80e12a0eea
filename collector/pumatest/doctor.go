package pumatest

import (
	"fmt"
	"maps"
	"path"
	"slices"
	"strconv"
	"strings"
)

// examining reports the script that the doctor reads a host with.
func examining(script string) bool { return strings.Contains(script, "'\\npumatop-doctor 1\\n'") }

// The machine that every simulated host is.
const (
	hostCores     = 8
	hostMemory    = 32 << 30
	hostSomaxconn = 4096
	hostFree      = 40 << 20 // KiB
	nginxConf     = "/etc/nginx/nginx.conf"
)

// examined answers the doctor: records, and bodies of lines behind a bar.
type examined struct{ b strings.Builder }

func (e *examined) say(words ...string) { e.b.WriteString(strings.Join(words, "\t") + "\n") }

func (e *examined) body(lines ...string) {
	for _, line := range lines {
		e.b.WriteString("|" + line + "\n")
	}
}

func (e *examined) file(name string, lines ...string) {
	e.say("file", "read", name)
	e.body(lines...)
}

// examination is what the doctor's script would print at this moment.
func (h *Host) examination() string {
	var e examined
	e.b.WriteString("\npumatop-doctor 1\n")
	now := h.t.now.Add(h.skew)
	e.say("clock", fmt.Sprintf("%d.%09d", now.Unix(), now.Nanosecond()))
	e.say("login", fmt.Sprintf("uid=%d(%s) gid=%d(%s)", loginID, login, loginID, login))
	e.say("runtime", "/run/user/"+strconv.Itoa(loginID))
	e.say("number", "cores", strconv.Itoa(hostCores))
	e.say("number", "memory", strconv.Itoa(hostMemory))
	e.say("number", "somaxconn", strconv.Itoa(hostSomaxconn))
	e.say("space", strconv.Itoa(hostFree), "/var/log/journal")
	for _, p := range h.pumas {
		p.examinedUnit(&e)
		if p.life == down || !p.titled {
			e.file(p.site.configFile(), p.configText()...)
			continue
		}
		p.examinedMaster(&e)
	}
	h.examinedProxy(&e)
	e.b.WriteString("end\n")
	return e.b.String()
}

// examinedUnit is the unit with its file, as the template of a careful person has it.
func (p *Puma) examinedUnit(e *examined) {
	raw := p.rawUnit()
	scope, option, match := string(raw.Scope), "", "--unit="
	if p.c.UserUnit {
		option, match = "--user ", "--user-unit="
		e.say("linger", map[bool]string{false: "yes", true: "no"}[p.c.NoLinger], login)
	}
	e.say("permit", "systemctl", "yes", "systemctl "+option+"show "+p.c.Unit, "")
	e.say("unit", scope, p.c.Unit)
	properties := maps.Clone(raw.Properties)
	maps.Copy(properties, map[string]string{"Restart": "always", "NotifyAccess": map[bool]string{true: "main", false: "none"}[raw.Properties["Type"] == "notify"], "NeedDaemonReload": "no", "TimeoutStopUSec": timespan(stopTimeout), "TriggeredBy": "", "Environment": "RAILS_ENV=production", "RestartUSec": timespan(p.c.RestartSec)})
	for _, name := range slices.Sorted(maps.Keys(properties)) {
		e.body(name + "=" + properties[name])
	}
	e.say("permit", "journal", "yes", "journalctl -n 1 "+match+p.c.Unit, "")
	file := properties["FragmentPath"]
	e.say("of", scope, p.c.Unit, file)
	lines := []string{"[Unit]", "Description=Puma of " + p.c.App, "After=network.target", "", "[Service]", "Type=" + properties["Type"]}
	if !p.c.UserUnit {
		lines = append(lines, "User="+properties["User"])
	}
	lines = append(lines, "WorkingDirectory="+p.site.link(), "Environment=RAILS_ENV=production", "ExecStart=/usr/bin/puma -C "+p.site.configFile())
	if !p.c.NoExecReload {
		lines = append(lines, "ExecReload="+p.c.ExecReload)
	}
	if p.c.Watchdog > 0 {
		lines = append(lines, "WatchdogSec="+strconv.Itoa(int(p.c.Watchdog.Seconds())))
	}
	e.file(file, append(lines, "Restart=always", "", "[Install]", "WantedBy=multi-user.target")...)
	if p.c.Preload == PreloadConditional {
		e.say("given", scope, p.c.Unit, "denied", p.site.root+"/shared/config/environment")
	}
}

// examinedMaster is a master with its directories, sockets and bundle.
func (p *Puma) examinedMaster(e *examined) {
	scope, pid := string(p.rawUnit().Scope), strconv.Itoa(p.pid)
	cwd := p.site.path(p.release)
	e.say("master", pid, scope, p.c.Unit)
	e.say("cwd", pid, pid, cwd)
	for _, w := range p.workers {
		if w.alive && w.pid != 0 {
			e.say("cwd", pid, strconv.Itoa(w.pid), p.site.path(w.release))
		}
	}
	e.say("environ", pid, "overwritten")
	e.file(p.site.configFile(), p.configText()...)
	e.say("lock", pid, "read", cwd+"/Gemfile.lock")
	e.body("puma ("+p.v.String()+")", "rack (3.1.8)")
	e.say("booted", pid, strconv.FormatInt(p.forked.Unix(), 10))
	user, _ := p.runs()
	sockets := []string{p.site.socket()}
	if !p.c.NoControl {
		sockets = append(sockets, p.site.control())
	}
	for _, name := range sockets {
		e.say("inode", "read", name)
		e.body(fmt.Sprintf("srwxrwxrwx %s %s %s", user, user, name))
		for dir := path.Dir(name); ; dir = path.Dir(dir) {
			owner := user
			if len(dir) < len(p.site.root) {
				owner = "root"
			}
			e.body(fmt.Sprintf("drwxr-xr-x %s %s %s", owner, owner, dir))
			if dir == "/" {
				break
			}
		}
		e.say("listen", "1024", name)
	}
}

// examinedProxy is an nginx in front of the host's Pumas.
func (h *Host) examinedProxy(e *examined) {
	e.say("serving", "nginx")
	e.say("proxy", "nginx", nginxConf)
	e.file(nginxConf, "user www-data;", "worker_processes auto;", "events { worker_connections 1024; }", "http {", "    include /etc/nginx/sites-enabled/*;", "}")
	for _, p := range h.pumas {
		options := " fail_timeout=0"
		if p.c.ProxyDefault {
			options = ""
		}
		e.file("/etc/nginx/sites-enabled/"+p.c.App,
			"upstream "+p.c.App+" {",
			"    server unix:"+p.site.socket()+options+";",
			"}",
			"server {",
			"    listen 80;",
			"    server_name "+p.c.App+".example.com;",
			"    location / {",
			"        proxy_pass http://"+p.c.App+";",
			"        proxy_set_header Host $host;",
			"    }",
			"}")
	}
}
