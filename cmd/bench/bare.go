package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"time"

	"golang.org/x/crypto/ssh"
)

// asked is a control socket as bare asks it.
type asked struct{ Addr, Socket, Token string }

// askedFile is where the fleet's process writes every control socket that will answer.
const askedFile = "asked"

// logins is how many bare has under way at a time.
const logins = 16

// bare polls the fleet with x/crypto and nothing else, until its stdin ends: a connection to each host, a channel for each
// poll, the answer thrown away. Who polls through SSH in Go pays that much; what pumatop costs beyond is its own.
func bare(ctx context.Context, o options) error {
	hosts, client, err := bareSetting(o.dir)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	failed := make(chan error, len(hosts))
	room := make(chan struct{}, logins)
	for i, h := range hosts {
		all.Go(func() {
			room <- struct{}{}
			c, err := ssh.Dial("tcp", h.Addr, client)
			<-room
			if err != nil {
				failed <- fmt.Errorf("connect to %s: %w", h.Addr, err)
				return
			}
			// spread over the interval, as pumatop spreads them
			go h.polls(c, o.scene.interval*time.Duration(i)/time.Duration(len(hosts)), o.scene.interval, failed)
		})
	}
	all.Wait()
	fmt.Println("ready")
	over := make(chan error, 1)
	go func() {
		_, err := io.Copy(io.Discard, os.Stdin)
		over <- err
	}()
	select {
	case err := <-failed:
		return err
	case err := <-over:
		return err
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func bareSetting(dir string) (hosts []asked, client *ssh.ClientConfig, err error) {
	text, err := os.ReadFile(filepath.Join(dir, askedFile))
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &hosts); err != nil {
		return nil, nil, err
	}
	key, err := os.ReadFile(filepath.Join(dir, "key"))
	if err != nil {
		return nil, nil, err
	}
	signer, err := ssh.ParsePrivateKey(key)
	if err != nil {
		return nil, nil, err
	}
	return hosts, &ssh.ClientConfig{
		User: "deploy", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // of this machine's own simulation
	}, nil
}

// polls goes on until a poll fails, which it reports.
func (a asked) polls(c *ssh.Client, first, interval time.Duration, failed chan<- error) {
	time.Sleep(first)
	request := "GET /stats?token=" + a.Token + " HTTP/1.1\r\nHost: puma\r\nConnection: close\r\n\r\n"
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ; ; <-tick.C {
		if err := a.poll(c, request); err != nil {
			failed <- fmt.Errorf("poll %s: %w", a.Addr, err)
			return
		}
	}
}

func (a asked) poll(c *ssh.Client, request string) error {
	channel, err := c.Dial("unix", a.Socket)
	if err != nil {
		return err
	}
	defer func() { _ = channel.Close() }()
	if _, err := io.WriteString(channel, request); err != nil {
		return err
	}
	n, err := io.Copy(io.Discard, channel)
	if err == nil && n == 0 {
		err = errors.New("no answer")
	}
	return err
}

// expense is what a process took for its polls.
type expense struct {
	wall, cpu time.Duration
	polls     int
}

// cores is how many of them it kept busy.
func (e expense) cores() float64 { return e.cpu.Seconds() / e.wall.Seconds() }

// aPoll is the CPU time of one poll in milliseconds.
func (e expense) aPoll() float64 { return ms(e.cpu) / float64(max(e.polls, 1)) }

func (e expense) String() string {
	return fmt.Sprintf("%.2f cores, %.2f ms a poll (%.0f/s)", e.cores(), e.aPoll(), float64(e.polls)/e.wall.Seconds())
}

// measureBare has a process of bare poll the fleet.
func measureBare(ctx context.Context, o options, f *fleetProcess, length time.Duration) (e expense, err error) {
	self, err := os.Executable()
	if err != nil {
		return e, err
	}
	cmd := exec.CommandContext(ctx, self, "bare", "-dir", f.dir, "-interval", o.scene.interval.String())
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return e, err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return e, err
	}
	if err := cmd.Start(); err != nil {
		return e, err
	}
	defer func() {
		_ = in.Close()
		err = errors.Join(err, cmd.Wait())
	}()
	if !bufio.NewScanner(out).Scan() {
		return e, errors.New("the bare polls have ended early")
	}
	time.Sleep(settling)
	return e, e.take(ctx, f, cmd.Process.Pid, length)
}

// take measures a process for a while that does nothing else than poll the fleet.
func (e *expense) take(ctx context.Context, f *fleetProcess, pid int, length time.Duration) error {
	before, err := f.report()
	if err != nil {
		return err
	}
	used, err := cpu(pid)
	if err != nil {
		return err
	}
	began := time.Now()
	select {
	case <-time.After(length):
	case <-ctx.Done():
		return context.Cause(ctx)
	}
	e.wall = time.Since(began)
	if e.cpu, err = cpu(pid); err != nil {
		return err
	}
	e.cpu -= used
	after, err := f.report()
	e.polls = after.Polls - before.Polls
	return err
}
