//go:build lab

package remote_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"pumatop/collector/prompt"
	"pumatop/collector/remote"
)

const masterName = "web2"

// masterPool reaches the lab through OpenSSH. Its sockets lie in a directory of the test's, in which nothing may stay.
func masterPool(t *testing.T, o remote.Options) *remote.Pool {
	t.Helper()
	dir, err := os.MkdirTemp("/tmp", "m")
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("XDG_RUNTIME_DIR", dir)
	if o.ConfigFile == "" {
		o.ConfigFile = labConfig(t)
	}
	o.Transport = remote.OpenSSH
	pool := remote.NewPool(o)
	t.Cleanup(func() {
		pool.Close()
		if err := os.Remove(dir); err != nil {
			t.Errorf("something stays behind: %v", err)
		}
		if left := masters(t, dir); len(left) > 0 {
			t.Errorf("processes stay behind: %v", left)
		}
	})
	return pool
}

// masters are the processes whose command line names a directory.
func masters(t *testing.T, dir string) (pids []int) {
	t.Helper()
	files, err := filepath.Glob("/proc/[0-9]*/cmdline")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		text, _ := os.ReadFile(f)
		if strings.Contains(string(text), dir) {
			pid, _ := strconv.Atoi(strings.Split(f, "/")[2])
			pids = append(pids, pid)
		}
	}
	return pids
}

func connectMaster(t *testing.T, pool *remote.Pool) (*remote.Host, error) {
	t.Helper()
	h, err := pool.Host(masterName)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 30*time.Second)
	defer cancel()
	return h, h.Connect(ctx)
}

func mustMaster(t *testing.T, pool *remote.Pool) *remote.Host {
	t.Helper()
	h, err := connectMaster(t, pool)
	if err != nil {
		t.Fatalf("connect: %v (%s)", err, remote.Remedy(err))
	}
	return h
}

// labWith is the lab's configuration with lines replaced; the patterns match whole lines.
func labWith(t *testing.T, replace map[string]string) string {
	t.Helper()
	text, err := os.ReadFile(labConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	for pattern, line := range replace {
		text = regexp.MustCompile(`(?m)^\s*`+pattern+`$`).ReplaceAll(text, []byte(line))
	}
	path := filepath.Join(t.TempDir(), "config")
	write(t, path, text)
	return path
}

// TestLabMasterPolls polls through OpenSSH's own connection, and says what that costs.
func TestLabMasterPolls(t *testing.T) {
	pool := masterPool(t, remote.Options{})
	began := time.Now()
	h := mustMaster(t, pool)
	t.Logf("login in %v", time.Since(began).Round(time.Millisecond))
	if notes := h.Notes(); !slices.Contains(notes, "through OpenSSH: as asked for") {
		t.Errorf("notes are %q", notes)
	}
	if out, err := h.Run(t.Context(), "hostname"); strings.TrimSpace(string(out)) != masterName || err != nil {
		t.Errorf("got %q, %v", out, err)
	}
	const n = 1000
	took := make([]time.Duration, 0, n)
	for range n {
		began := time.Now()
		if status, err := poll(t.Context(), h); err != nil || !strings.HasPrefix(status, "HTTP/1.1 ") {
			t.Fatalf("poll: %q, %v", status, err)
		}
		took = append(took, time.Since(began))
	}
	slices.Sort(took)
	t.Logf("median %v, 99th percentile %v", took[n/2], took[n*99/100])
	if took[n/2] > 10*time.Millisecond {
		t.Errorf("median %v: Nagle's algorithm is on", took[n/2])
	}
	for _, pid := range masters(t, os.Getenv("XDG_RUNTIME_DIR")) {
		name, _ := os.ReadFile(fmt.Sprintf("/proc/%d/comm", pid))
		rollup, _ := os.ReadFile(fmt.Sprintf("/proc/%d/smaps_rollup", pid))
		t.Logf("%s: %q", strings.TrimSpace(string(name)), regexp.MustCompile(`(?m)^(Rss|Pss):.*$`).FindAllString(string(rollup), 2))
	}
}

// A socket that is not there is a refusal, as without OpenSSH; the master goes on, and what it does afterwards
// (it dies of the disconnect) harms nobody.
func TestLabMasterMissingSocket(t *testing.T) {
	pool := masterPool(t, remote.Options{})
	h := mustMaster(t, pool)
	for range 5 {
		_, err := h.DialUnix(t.Context(), "/run/nothing.sock")
		var refused *remote.OpenError
		if !errors.As(err, &refused) {
			t.Fatalf("got %v", err)
		}
		if _, err := poll(t.Context(), h); err != nil {
			t.Fatal(err)
		}
	}
	done := h.Done()
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	<-done
	again := mustMaster(t, pool)
	if _, err := poll(t.Context(), again); err != nil {
		t.Error(err)
	}
}

// A master that is killed is a lost connection, and the next attempt brings another.
func TestLabMasterKilled(t *testing.T) {
	pool := masterPool(t, remote.Options{})
	h := mustMaster(t, pool)
	for _, pid := range masters(t, os.Getenv("XDG_RUNTIME_DIR")) {
		if err := syscall.Kill(pid, syscall.SIGKILL); err != nil {
			t.Fatal(err)
		}
	}
	<-h.Done()
	if err := h.Err(); !errors.Is(err, remote.ErrLost) || err.Error() != "connection lost: ssh ended" {
		t.Errorf("got %v", err)
	}
	if err := h.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	if _, err := poll(t.Context(), h); err != nil {
		t.Error(err)
	}
}

// An ssh ends with a pumatop that is killed, and takes its directory with it.
func TestLabMasterOrphans(t *testing.T) {
	if os.Getenv("PUMATOP_TEST_VICTIM") != "" {
		pool := remote.NewPool(remote.Options{ConfigFile: labConfig(t), Transport: remote.OpenSSH})
		mustMaster(t, pool)
		fmt.Println("started")
		select {}
	}
	dir := t.TempDir()
	victim := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestLabMasterOrphans$")
	victim.Env = append(os.Environ(), "PUMATOP_TEST_VICTIM=1", "XDG_RUNTIME_DIR="+dir)
	out, err := victim.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := victim.Start(); err != nil {
		t.Fatal(err)
	}
	line := make([]byte, 8)
	if _, err := out.Read(line); err != nil || string(line) != "started\n" {
		t.Fatalf("the victim says %q, %v", line, err)
	}
	if len(masters(t, dir)) == 0 {
		t.Fatal("no ssh runs")
	}
	if err := victim.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = victim.Wait()
	eventually(t, "the end of ssh", func() bool { return len(masters(t, dir)) == 0 })
	eventually(t, "the end of its directory", func() bool {
		left, err := os.ReadDir(dir)
		return err == nil && len(left) == 0
	})
}

// Logins that fail are told apart, so that those are not repeated which must not be.
func TestLabMasterFailures(t *testing.T) {
	lab(t, "sshd", masterName) // one that holds nothing against this address (PerSourcePenalties)
	dir, addr := t.TempDir(), labAddress(t, masterName)
	line, nobody := "HostName "+addr, addr[:strings.LastIndexByte(addr, '.')]+".250"
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", filepath.Join(dir, "stranger"))
	stranger, err := os.ReadFile(filepath.Join(dir, "stranger.pub"))
	if err != nil {
		t.Fatal(err)
	}
	changed := filepath.Join(dir, "changed")
	write(t, changed, []byte(addr+" "+string(stranger)))
	var (
		auth    *remote.AuthError
		key     *remote.HostKeyChangedError
		unknown *remote.HostKeyUnknownError
		dial    *remote.DialError
		algo    *remote.AlgorithmError
	)
	for _, c := range []struct {
		name    string
		replace map[string]string
		as      any
		says    string
		again   bool
	}{
		{"refused key", map[string]string{"IdentityFile .*": "IdentityFile " + filepath.Join(dir, "stranger") + "\nIdentityAgent none"}, &auth,
			"web2: no login as deploy: deploy@" + addr + ": Permission denied (publickey", false},
		{"changed key", map[string]string{"UserKnownHostsFile .*": "UserKnownHostsFile " + changed}, &key,
			"web2: HOST KEY HAS CHANGED: it is ssh-ed25519 SHA256:", false},
		{"unknown key", map[string]string{"UserKnownHostsFile .*": "UserKnownHostsFile /dev/null"}, &unknown,
			"web2: host key not known: ", false},
		{"refused", map[string]string{line: line + "\nPort 4"}, &dial,
			"web2: connection refused (" + addr + ":4)", true},
		{"unknown name", map[string]string{line: "HostName nobody.invalid"}, &dial,
			"web2: the name nobody.invalid is not known", true},
		{"no address", map[string]string{line: "HostName " + nobody + "\nConnectTimeout 1"}, &dial,
			"(" + nobody + ":22)", true},
		{"no algorithm", map[string]string{line: line + "\nHostKeyAlgorithms ssh-dss"}, &algo,
			"web2: no common algorithm for host key type: the server offers ", false},
		{"no common one", map[string]string{line: line + "\nCiphers 3des-cbc"}, &algo,
			"web2: no common algorithm for cipher: the server offers ", false},
		// ssh ends a command whose stdout has ended
		{"proxy", map[string]string{line: line + "\nProxyCommand sh -c 'echo no way >&2'"}, &dial,
			"no way", true},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, err := connectMaster(t, masterPool(t, remote.Options{ConfigFile: labWith(t, c.replace)}))
			t.Logf("%v | %s", err, remote.Remedy(err))
			if !errors.As(err, c.as) || !strings.Contains(fmt.Sprint(err), c.says) {
				t.Errorf("got %T %v, want %q", err, err, c.says)
			}
			if _, again := h.RetryAfter(err, 0); again != c.again {
				t.Errorf("tried again: %v", again)
			}
		})
	}
}

// answers is a person with an answer to each kind of question.
type answers struct {
	mu    sync.Mutex
	by    map[prompt.Kind][]string
	asked []prompt.Question
}

func (a *answers) Ask(_ context.Context, q prompt.Question) (prompt.Secret, error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.asked = append(a.asked, q)
	all := a.by[q.Kind]
	if len(all) == 0 {
		return prompt.Secret{}, prompt.ErrDeclined
	}
	a.by[q.Kind] = all[1:]
	return prompt.NewSecret([]byte(all[0])), nil
}

func run(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v: %s", name, err, out)
	}
}

// The passphrase of a key and the agreement to a host key come from the person, through askpass.
func TestLabMasterQuestions(t *testing.T) {
	dir := t.TempDir()
	key := filepath.Join(dir, "locked")
	run(t, "ssh-keygen", "-q", "-t", "ed25519", "-N", "correct horse", "-C", "pumatop-master-test", "-f", key)
	public, err := os.ReadFile(key + ".pub")
	if err != nil {
		t.Fatal(err)
	}
	lab(t, "ssh", masterName, "echo '"+strings.TrimSpace(string(public))+"' >>~/.ssh/authorized_keys")
	t.Cleanup(func() { lab(t, "ssh", masterName, "sed -i /pumatop-master-test/d ~/.ssh/authorized_keys") })
	replace := func() map[string]string {
		return map[string]string{
			"IdentityFile .*": "IdentityFile " + key + "\nIdentityAgent none", "StrictHostKeyChecking .*": "StrictHostKeyChecking ask",
			"UserKnownHostsFile .*": "UserKnownHostsFile " + filepath.Join(t.TempDir(), "known_hosts"),
		}
	}
	person := &answers{by: map[prompt.Kind][]string{prompt.HostKey: {"yes"}, prompt.Passphrase: {"wrong", "correct horse"}}}
	h := mustMaster(t, masterPool(t, remote.Options{ConfigFile: labWith(t, replace()), Ask: person}))
	if _, err := poll(t.Context(), h); err != nil {
		t.Error(err)
	}
	var asked []string
	for _, q := range person.asked {
		asked = append(asked, fmt.Sprintf("%d %s %s %d %s %t", q.Kind, q.Host, q.Key, q.Try, q.KeyType, strings.HasPrefix(q.Fingerprint, "SHA256:")))
	}
	want := []string{"4 web2  1 ssh-ed25519 true", "0 web2 " + key + " 1  false", "0 web2 " + key + " 2  false"}
	if !slices.Equal(asked, want) {
		t.Errorf("asked %q, want %q", asked, want)
	}

	person = &answers{by: map[prompt.Kind][]string{prompt.HostKey: {"yes"}}}
	_, err = connectMaster(t, masterPool(t, remote.Options{ConfigFile: labWith(t, replace()), Ask: person}))
	var auth *remote.AuthError
	if !errors.As(err, &auth) || !errors.Is(err, prompt.ErrDeclined) {
		t.Errorf("declined: %v", err)
	}
	t.Log(err)
	person = &answers{by: map[prompt.Kind][]string{prompt.HostKey: {"no"}}}
	_, err = connectMaster(t, masterPool(t, remote.Options{ConfigFile: labWith(t, replace()), Ask: person}))
	var unknown *remote.HostKeyUnknownError
	if !errors.As(err, &unknown) || !strings.HasPrefix(unknown.Fingerprint, "SHA256:") {
		t.Errorf("no: %v", err)
	}
	t.Log(err)
}

// What OpenSSH reaches by its own jumps, and what stands behind such a host for pumatop's own SSH.
func TestLabMasterJumps(t *testing.T) {
	text, err := os.ReadFile(labConfig(t))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Dir(labConfig(t))
	settings := fmt.Sprintf("  User deploy\n  IdentityFile %s/key\n  IdentitiesOnly yes\n  UserKnownHostsFile %[1]s/known_hosts\n", dir)
	config := filepath.Join(t.TempDir(), "config")
	write(t, config, []byte("Host behind\n  HostName "+labAddress(t, masterName)+"\n  ProxyJump web2\n"+settings+string(text)))
	pool := masterPool(t, remote.Options{ConfigFile: config})
	for _, transport := range []remote.Transport{remote.OpenSSH, remote.Native} {
		h, err := pool.HostBy("behind", remote.HostOptions{Transport: transport})
		if err != nil {
			t.Fatal(err)
		}
		if err := h.Connect(t.Context()); err != nil {
			t.Fatalf("%s: %v", transport, err)
		}
		if _, err := poll(t.Context(), h); err != nil {
			t.Errorf("%s: %v", transport, err)
		}
	}
}

// Nothing of a master stays in the program either.
func TestLabMasterLeavesNoGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	for range 3 {
		pool := masterPool(t, remote.Options{})
		if _, err := poll(t.Context(), mustMaster(t, pool)); err != nil {
			t.Fatal(err)
		}
		pool.Close()
	}
	eventually(t, "the end of the goroutines", func() bool { return runtime.NumGoroutine() <= before })
}
