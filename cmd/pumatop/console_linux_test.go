package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"pumatop/collector/prompt"
)

// terminalPair is a terminal, and the end that a person sits at.
func terminalPair(t *testing.T) (person, tty *os.File) {
	t.Helper()
	person, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = person.Close() })
	fd := int(person.Fd())
	if err := unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0); err != nil {
		t.Fatal(err)
	}
	n, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err != nil {
		t.Fatal(err)
	}
	tty, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", n), os.O_RDWR|unix.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return person, tty
}

// TestConsoleKeepsAnswersApart types on while the question of one host is taken back: the next host must not get any of it.
func TestConsoleKeepsAnswersApart(t *testing.T) {
	t.Parallel()
	person, tty := terminalPair(t)
	c, err := newConsole(tty)
	if err != nil {
		t.Fatal(err)
	}
	defer c.close()
	shown := ""
	sees := func(text string) {
		t.Helper()
		for buffer := make([]byte, 1000); !strings.Contains(shown, text); {
			n, err := person.Read(buffer)
			if err != nil {
				t.Fatal(err)
			}
			shown += string(buffer[:n])
		}
		shown = ""
	}
	types := func(text string) {
		t.Helper()
		if _, err := person.WriteString(text); err != nil {
			t.Fatal(err)
		}
	}
	ctx, hangUp := context.WithCancel(t.Context())
	first := make(chan error, 1)
	go func() {
		_, err := c.put(ctx, prompt.Question{Kind: prompt.Challenge, Text: "Code:", Echo: true, Host: "a", User: "deploy"})
		first <- err
	}()
	sees("| Code:")
	types("half of an ")
	sees("half of an ")
	hangUp()
	if err := <-first; !errors.Is(err, context.Canceled) {
		t.Fatalf("the question that was taken back: %v", err)
	}
	types("answer\n")
	sees("answer")
	second := make(chan string, 1)
	go func() {
		s, err := c.put(t.Context(), prompt.Question{Kind: prompt.Password, Host: "b", User: "deploy"})
		second <- fmt.Sprint(string(s.Text()), " ", err)
	}()
	sees("deploy@b: password:")
	types("meant for b\n")
	if got := <-second; got != "meant for b <nil>" {
		t.Errorf("b is given %q", got)
	}
}
