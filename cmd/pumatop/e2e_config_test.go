//go:build lab

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// inProject runs the program in a directory with a project's file, and nothing else of this machine's.
func inProject(t *testing.T, yaml string) (dir string, run func(env []string, args ...string) result) {
	t.Helper()
	dir = t.TempDir()
	lay(t, filepath.Join(dir, ".pumatop.yml"), yaml)
	return dir, func(env []string, args ...string) result {
		t.Helper()
		cmd := pumatopCommand(t.Context(), t, args...)
		var out, errOut strings.Builder
		cmd.Dir, cmd.Stdout, cmd.Stderr = dir, &out, &errOut
		cmd.Env = append(cmd.Env, append([]string{"XDG_CONFIG_HOME=" + dir, "HOME=" + filepath.Dir(dir)}, env...)...)
		_ = cmd.Run()
		return result{out.String(), errOut.String(), cmd.ProcessState.ExitCode(), time.Now()}
	}
}

func lay(t *testing.T, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}

// labKeys are ssh's settings for a host of the lab that its configuration does not name: found by its address.
func labKeys(t *testing.T, host string) (address, settings string) {
	t.Helper()
	text, err := os.ReadFile(sshConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	_, block, _ := strings.Cut(string(text), "Host "+host+"\n")
	value := func(name string) string {
		return regexp.MustCompile(name + ` (\S+)`).FindStringSubmatch(block)[1]
	}
	return value("HostName"), "ssh: { user: deploy, port: 22, identity: [" + value("IdentityFile") + "], options: { UserKnownHostsFile: " +
		value("UserKnownHostsFile") + ", StrictHostKeyChecking: \"yes\" } }"
}

// TestConfiguredEnvironments: a project's two environments, by name and by default, their groups and what they allow.
func TestConfiguredEnvironments(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2", "web5")
	_, run := inProject(t, `
environment: staging
environments:
  staging:
    groups:
      web: { hosts: [web2], batch: 2, pause: 10s }
      api: { hosts: [web5] }
  production:
    protected: true
    read_only: true
    groups:
      web: { hosts: [web1] }
`)
	for args, want := range map[string]string{"": "web2/puma [web] web5/puma [api]", "staging": "web2/puma [web] web5/puma [api]",
		"production": "web1/puma [web]", "@api": "web5/puma [api]", "web1": "web1/puma [web]"} {
		r := run(nil, append([]string{"status", "-o", "json"}, strings.Fields(args)...)...)
		var doc statusDoc
		if err := json.Unmarshal([]byte(r.out), &doc); err != nil || r.exit != 0 {
			t.Errorf("%q: exit %d, %s, %v", args, r.exit, r.err, err)
			continue
		}
		for _, target := range doc.Targets {
			if !strings.Contains(want, target.ID) || target.State != "serving" {
				t.Errorf("%q: %s is %s", args, target.ID, target.State)
			}
		}
		if n := strings.Count(want, "/"); len(doc.Targets) != n {
			t.Errorf("%q: %d targets, not %d", args, len(doc.Targets), n)
		}
	}
	says(t, run(nil, "reload", "--dry-run", "web2").out, "environment staging", "batch 2 (.pumatop.yml:6)", "pause 10s (.pumatop.yml:6)", "nothing was sent")
	if r := run(nil, "reload", "--yes", "production"); r.exit != 3 || !strings.Contains(r.err, "read-only") {
		t.Errorf("exit %d: %s", r.exit, r.err)
	}
}

// TestConfiguredReach: login, port, key and options of ssh, and a token from each of its sources, of which the state file
// says nothing wrong.
func TestConfiguredReach(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2", "web5")
	address, keys := labKeys(t, "web2")
	_, token, _ := strings.Cut(lab(t, "root", "web2", "grep", "control_auth_token", "/srv/shop/shared/tmp/pids/puma.state"), ": ")
	token = strings.Trim(strings.TrimSpace(token), `"'`)
	dir := t.TempDir()
	lay(t, filepath.Join(dir, "token"), token+"\n")
	for _, tt := range []struct{ name, source, says string }{
		{"env", "{ env: SHOP_TOKEN }", ""},
		{"file", "{ file: " + filepath.Join(dir, "token") + " }", ""},
		{"command", "{ command: [cat, " + filepath.Join(dir, "token") + "] }", ""},
		{"wrong", "{ command: [echo, wrong] }", "refuses the token that was given, read twice"},
		{"none", "{ env: NO_SUCH_TOKEN }", ""},
	} {
		t.Run(tt.name, func(t *testing.T) { // one by one: they would wait for turns that are had by who waits for these hosts
			_, run := inProject(t, "")
			named := filepath.Join(t.TempDir(), "named.yml")
			lay(t, named, "environments: { lab: { groups: { web: { hosts: ["+address+"], token: "+tt.source+", "+keys+" } } } }\n")
			r := run([]string{"SHOP_TOKEN=" + token}, "-F", "none", "--config", named, "status", "-o", "json")
			if strings.Contains(r.out+r.err, token) {
				t.Fatal("the token is shown")
			}
			var doc statusDoc
			if err := json.Unmarshal([]byte(r.out), &doc); err != nil || len(doc.Targets) != 1 {
				t.Fatalf("exit %d: %s, %v", r.exit, r.err, err)
			}
			d := doc.Targets[0]
			if tt.says == "" && d.State != "serving" || tt.says != "" && !strings.Contains(d.Error, tt.says) {
				t.Errorf("%s: %s", d.State, d.Error)
			}
		})
	}
}

// TestConfigIsReadAgain: a host that is added to the file comes to the screen, one that is taken out goes, and a broken file
// changes nothing but says so.
func TestConfigIsReadAgain(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2", "web5")
	file := filepath.Join(t.TempDir(), "fleet.yml")
	lay(t, file, "environments: { lab: { color: cyan, groups: { web: { hosts: [web1] } } } }\n")
	p := onScreen(t, 120, 40, "PUMATOP_CONFIG="+file)
	p.sees(20*time.Second, "● web1/puma")
	lay(t, file, "environments: { lab: { groups: { web: { hosts: [web1, web2] } } } }\n")
	p.sees(20*time.Second, "● web2/puma")
	p.sees(10*time.Second, "configuration read again: 1 host added")
	lay(t, file, "environments: { lab: { gruops: { web: { hosts: [web2] } } } }\n")
	p.sees(20*time.Second, "CONFIG BROKEN")
	p.sees(5*time.Second, "● web1/puma")
	lay(t, file, "environments: { lab: { read_only: true, groups: { web: { hosts: [web2] } } } }\n")
	p.sees(20*time.Second, "READ-ONLY")
	poll(t, 10*time.Second, "web1 to go", func() bool { return !regexp.MustCompile(`● web1/puma`).MatchString(p.text()) })
	p.quit()
}
