package main

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// together is how many ssh run at once beside pumatop's own bound on handshakes.
const together = 64

// benchFirst sets the first full picture against as many `ssh HOST true`.
func benchFirst(ctx context.Context, o options) error {
	ours, err := o.firstPicture()
	if err != nil {
		return err
	}
	theirs, err := o.sshEverywhere(ctx)
	if err != nil {
		return err
	}
	fmt.Printf("%d hosts, %s each way, %s\n", o.scene.hosts, o.scene.latency, busy())
	fmt.Printf("%-38s %s\n", "every target on the screen after", ours.Round(10*time.Millisecond))
	fmt.Printf("%-38s %s\n", fmt.Sprintf("ssh HOST true, %d at once", together), theirs.Round(10*time.Millisecond))
	line("times ssh", fmt.Sprintf("%.2f", ours.Seconds()/theirs.Seconds()), "≤ 2", ours <= 2*theirs)
	return nil
}

func (o options) firstPicture() (time.Duration, error) {
	v, err := begin(o)
	if err != nil {
		return 0, err
	}
	defer v.end()
	return v.lookFor(strconv.Itoa(o.scene.hosts)+" serving", time.Minute)
}

// sshEverywhere is how long OpenSSH's client takes for a login everywhere.
func (o options) sshEverywhere(ctx context.Context) (time.Duration, error) {
	dir, err := os.MkdirTemp("", "pumatop-bench-")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	fleet, err := startFleet(o.scene, dir)
	if err != nil {
		return 0, err
	}
	defer fleet.close()
	names, err := fleet.names()
	if err != nil {
		return 0, err
	}
	cmd := exec.CommandContext(ctx, "xargs", "-P", strconv.Itoa(together), "-I", "{}", "ssh", "-n", "-F", filepath.Join(dir, "config"), "{}", "true")
	cmd.Stdin, cmd.Stderr = strings.NewReader(strings.Join(names, "\n")), os.Stderr
	began := time.Now()
	if err := cmd.Run(); err != nil {
		return 0, fmt.Errorf("run ssh on every host: %w", err)
	}
	return time.Since(began), nil
}

// benchJump connects to every host through one jump host.
func benchJump(ctx context.Context, o options) error {
	o.scene.jump = true
	v, err := begin(o)
	if err != nil {
		return err
	}
	defer v.end()
	took, err := v.asked(ctx, o.scene.live(), 3*time.Minute)
	if err != nil {
		return err
	}
	c, err := v.fleet.report()
	if err != nil {
		return err
	}
	fmt.Printf("%d hosts behind one jump host, all polled after %s; %s\n", o.scene.hosts, took.Round(100*time.Millisecond), busy())
	line("logins at the jump host", strconv.Itoa(c.JumpLogins), "1", c.JumpLogins == 1)
	line("connections that it passed on", strconv.Itoa(c.JumpChannels), strconv.Itoa(o.scene.hosts), c.JumpChannels == o.scene.hosts)
	line("logins at once at one sshd", fmt.Sprintf("%d", max(c.Crowd, c.JumpCrowd)), "≤ 4", max(c.Crowd, c.JumpCrowd) <= 4)
	return nil
}
