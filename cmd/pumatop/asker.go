package main

import (
	"context"
	"os"
	"slices"
	"strings"
	"sync"
	"time"

	"golang.org/x/term"

	"pumatop/collector/prompt"
)

// surroundings are what decides on who is asked.
type surroundings struct {
	getenv   func(string) string
	terminal bool // a person sees what a headless run says
}

func ownSurroundings() surroundings {
	return surroundings{os.Getenv, term.IsTerminal(int(os.Stdin.Fd())) || term.IsTerminal(int(os.Stderr.Fd()))}
}

// pickAsker is who is asked for passphrases and the like: screen, which is nil in a headless run, the program of
// SSH_ASKPASS where OpenSSH would take that instead, the terminal, or nobody, which is nil. close ends what was begun for
// it and gives the terminal back whole.
func pickAsker(ctx context.Context, screen prompt.Asker, s surroundings) (asker prompt.Asker, close func()) {
	program := s.getenv("SSH_ASKPASS")
	display := s.getenv("DISPLAY") != "" || s.getenv("WAYLAND_DISPLAY") != ""
	wanted := false
	switch strings.ToLower(s.getenv("SSH_ASKPASS_REQUIRE")) {
	case "force":
		wanted, display = true, true
	case "prefer":
		wanted = display
	case "never":
		display = false
	}
	switch {
	case program != "" && wanted:
	case screen != nil:
		return screen, func() {}
	case s.terminal:
		if c, err := openConsole(); err == nil {
			return startFront(ctx, c)
		}
		return nil, func() {}
	case program == "" || !display:
		return nil, func() {}
	}
	return startFront(ctx, askpassProgram{program})
}

// voice puts one question to a person. Its answer to a prompt.Begin is leave to begin.
type voice interface {
	put(ctx context.Context, q prompt.Question) (prompt.Secret, error)
	close()
}

// How long a login that was begun keeps others from being asked about: its server's first question has to come, and
// perhaps a second one.
const (
	firstQuestion = 10 * time.Second
	nextQuestion  = 2 * time.Second
)

// front puts the questions of a queue one at a time, without a screen.
type front struct {
	*prompt.Queue
	voice voice
	until time.Time // that a login which was begun keeps others waiting
}

// startFront puts questions until it is closed, or ctx ends.
func startFront(ctx context.Context, v voice) (asker prompt.Asker, close func()) {
	ctx, cancel := context.WithCancel(ctx)
	f := &front{Queue: prompt.NewQueue(), voice: v}
	var running sync.WaitGroup
	running.Go(func() {
		defer v.close()
		for f.next(ctx) {
		}
	})
	return f, func() {
		cancel()
		running.Wait()
	}
}

// next waits for a question and puts it; it returns false at the end of ctx.
func (f *front) next(ctx context.Context) bool {
	waiting, changed := f.Waiting()
	if len(waiting) > 0 && (waiting[0].Question.Kind == prompt.Challenge || !time.Now().Before(f.until)) {
		f.put(ctx, waiting[0])
		return ctx.Err() == nil
	}
	var over <-chan time.Time
	if len(waiting) > 0 {
		timer := time.NewTimer(time.Until(f.until))
		defer timer.Stop()
		over = timer.C
	}
	select {
	case <-changed:
	case <-over:
	case <-ctx.Done():
	}
	return ctx.Err() == nil
}

// put puts a question for as long as it is one.
func (f *front) put(ctx context.Context, p prompt.Pending) {
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		defer cancel()
		f.watch(ctx, p.Number)
	})
	s, err := f.voice.put(ctx, p.Question)
	withdrawn := ctx.Err() != nil
	cancel()
	watching.Wait()
	switch {
	case err == nil:
		f.Answer(p.Number, s)
	case !withdrawn:
		f.Fail(p.Number, err)
	}
	f.until = time.Time{}
	switch {
	case err != nil:
	case p.Question.Kind == prompt.Begin:
		f.until = time.Now().Add(firstQuestion)
	case p.Question.Kind == prompt.Challenge:
		f.until = time.Now().Add(nextQuestion)
	}
}

// watch returns when a question is none any more.
func (f *front) watch(ctx context.Context, number int) {
	for {
		waiting, changed := f.Waiting()
		if !slices.ContainsFunc(waiting, func(p prompt.Pending) bool { return p.Number == number }) {
			return
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return
		}
	}
}
