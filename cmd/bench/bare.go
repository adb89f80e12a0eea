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

// control is a control socket as bare reaches it.
type control struct{ Addr, Socket, Token string }

// controlsFile is where the fleet's process writes every control socket that will answer.
const controlsFile = "controls"

// logins is how many bare has under way at a time.
const logins = 16

// bare polls the fleet with x/crypto and nothing else, until its stdin ends: a connection to each host, a channel for each
// poll, the answer thrown away. Who polls through SSH in Go pays that much; what pumatop costs beyond is its own.
func bare(ctx context.Context, o options) error {
	sockets, client, err := bareSetting(o.dir)
	if err != nil {
		return err
	}
	var all sync.WaitGroup
	failed := make(chan error, len(sockets))
	room := make(chan struct{}, logins)
	for i, s := range sockets {
		all.Go(func() {
			room <- struct{}{}
			c, err := ssh.Dial("tcp", s.Addr, client)
			<-room
			if err != nil {
				failed <- fmt.Errorf("connect to %s: %w", s.Addr, err)
				return
			}
			// spread over the interval, as pumatop spreads them
			go s.polls(c, o.scene.interval*time.Duration(i)/time.Duration(len(sockets)), o.scene.interval, failed)
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

func bareSetting(dir string) (sockets []control, client *ssh.ClientConfig, err error) {
	text, err := os.ReadFile(filepath.Join(dir, controlsFile))
	if err != nil {
		return nil, nil, err
	}
	if err := json.Unmarshal(text, &sockets); err != nil {
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
	return sockets, &ssh.ClientConfig{
		User: "deploy", Auth: []ssh.AuthMethod{ssh.PublicKeys(signer)},
		HostKeyCallback: ssh.InsecureIgnoreHostKey(), // of this machine's own simulation
	}, nil
}

// polls goes on until a poll fails, which it reports.
func (s control) polls(c *ssh.Client, first, interval time.Duration, failed chan<- error) {
	time.Sleep(first)
	request := "GET /stats?token=" + s.Token + " HTTP/1.1\r\nHost: puma\r\nConnection: close\r\n\r\n"
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for ; ; <-tick.C {
		if err := s.poll(c, request); err != nil {
			failed <- fmt.Errorf("poll %s: %w", s.Addr, err)
			return
		}
	}
}

func (s control) poll(c *ssh.Client, request string) error {
	channel, err := c.Dial("unix", s.Socket)
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
	before, err := f.report()
	if err != nil {
		return e, err
	}
	if e, err = spend(ctx, cmd.Process.Pid, length, nil); err != nil {
		return e, err
	}
	after, err := f.report()
	e.polls = after.Polls - before.Polls
	return e, err
}
