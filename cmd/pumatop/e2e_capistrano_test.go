//go:build lab

package main

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// A Capistrano app as it lies on the machine that deploys, with two stages whose servers are the lab's. In its directory
// the name of a stage is enough.
func TestCapistranoDirectory(t *testing.T) {
	t.Parallel()
	take(t, "web1", "web2")
	dir := t.TempDir()
	for name, text := range map[string]string{
		"Capfile": "require 'capistrano/setup'\nrequire 'capistrano/deploy'\nrequire 'capistrano/puma'\n",
		"config/deploy.rb": "set :application, 'shop'\nset :deploy_to, -> { \"/srv/#{fetch(:application)}\" }\n" +
			"set :puma_service_unit_name, 'puma'\n",
		"config/deploy/production.rb": "(1..2).each do |i|\n  server \"web#{i}\", user: 'deploy', roles: %w[app web]\nend\n" +
			"server 'db1.example.com', user: 'deploy', roles: %w[db]\n" +
			"server ENV['SPARE'], roles: %w[app] if ENV['SPARE']\n",
		"config/deploy/staging.rb": "role :web, %w[deploy@web2]\n",
	} {
		file := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for stage, want := range map[string]string{"production": "web1 web2", "staging": "web2"} {
		cmd := pumatopCommand(t.Context(), t, "status", "-o", "json", stage)
		cmd.Dir = dir
		var out, errOut bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &errOut
		if err := cmd.Run(); err != nil {
			t.Fatalf("%s: %v: %s", stage, err, errOut.String())
		}
		var hosts []string
		for _, target := range decode[statusDoc](t, out.String()).Targets {
			hosts = append(hosts, target.Host)
			if target.App != "puma" || target.PID == 0 || target.Workers == nil {
				t.Errorf("%s: %+v", stage, target)
			}
		}
		slices.Sort(hosts)
		if got := strings.Join(hosts, " "); got != want {
			t.Errorf("%s is %q, want %q", stage, got, want)
		}
		if stage == "production" && !strings.Contains(errOut.String(), "cannot be followed") {
			t.Errorf("nothing is said of the line that depends on the environment: %q", errOut.String())
		}
	}
}
