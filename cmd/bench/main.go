package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// options are the flags of every command.
type options struct {
	// program is the pumatop that is measured.
	program string
	scene   scene
	minutes float64
	// dir is where the fleet's configuration is, for serve and bare.
	dir string
}

func run(args []string) error {
	commands := map[string]func(context.Context, options) error{
		"serve": serve, "fleet": benchFleet, "first": benchFirst, "idle": benchIdle, "jump": benchJump, "bare": bare,
	}
	if len(args) == 0 || commands[args[0]] == nil {
		return fmt.Errorf("usage: bench fleet|first|idle|jump|serve|bare [flags]")
	}
	o := options{}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	hosts, latency, interval := 1000, time.Duration(0), time.Second
	switch args[0] {
	case "first":
		hosts, latency = 100, 20*time.Millisecond
	case "idle":
		hosts, interval = 10, 2*time.Second
	}
	f.StringVar(&o.program, "program", "pumatop", "`PATH` of the program to be measured")
	f.StringVar(&o.dir, "dir", "", "directory for the fleet's configuration")
	f.DurationVar(&o.scene.interval, "interval", interval, "between two polls of a host")
	f.Float64Var(&o.minutes, "minutes", 2, "how long to measure")
	o.scene.flags(f, hosts, latency)
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGINT, syscall.SIGTERM)
	defer stop()
	return commands[args[0]](ctx, o)
}
