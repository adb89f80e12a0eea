package main

import (
	"flag"
	"strconv"
	"time"
)

// scene is what the simulated fleet is like.
type scene struct {
	hosts, workers int
	// interval is what pumatop is told to poll at.
	interval time.Duration
	// deaf never let a connection in, mute say nothing on it, fading fall silent when they are told to; slow answer
	// after ponder.
	deaf, mute, fading, slow int
	ponder                   time.Duration
	// latency is that of the line to every host, each way.
	latency time.Duration
	// jump has every host behind one jump host.
	jump bool
	// network is the second part of the hosts' addresses.
	network int
}

func (s *scene) flags(f *flag.FlagSet, hosts int, latency time.Duration) {
	f.IntVar(&s.hosts, "hosts", hosts, "simulated hosts")
	f.IntVar(&s.workers, "workers", 16, "workers of each")
	f.IntVar(&s.deaf, "deaf", 0, "hosts that let no connection in")
	f.IntVar(&s.mute, "mute", 0, "hosts that accept and say nothing")
	f.IntVar(&s.fading, "fading", 0, "hosts that fall silent")
	f.IntVar(&s.slow, "slow", 0, "hosts whose Puma is slow")
	f.DurationVar(&s.ponder, "ponder", 2*time.Second, "what a slow Puma takes for an answer")
	f.DurationVar(&s.latency, "latency", latency, "of the line to every host, each way")
	f.BoolVar(&s.jump, "jump", false, "every host is behind one jump host")
	f.IntVar(&s.network, "network", 77, "second part of the hosts' addresses")
}

// args are the flags again, for the process of the fleet.
func (s scene) args() []string {
	return []string{
		"-hosts", strconv.Itoa(s.hosts), "-workers", strconv.Itoa(s.workers), "-deaf", strconv.Itoa(s.deaf),
		"-mute", strconv.Itoa(s.mute), "-fading", strconv.Itoa(s.fading), "-slow", strconv.Itoa(s.slow), "-ponder", s.ponder.String(),
		"-interval", s.interval.String(), "-latency", s.latency.String(), "-jump=" + strconv.FormatBool(s.jump), "-network", strconv.Itoa(s.network),
	}
}

// live is how many hosts can be polled from the start.
func (s scene) live() int { return s.hosts - s.deaf - s.mute }

// kind is what a host of the scene is like; the kinds are spread over the fleet.
type kind int

const (
	healthy kind = iota
	deaf
	mute
	fading
	slow
)

// kinds gives every host its kind.
func (s scene) kinds() []kind {
	out := make([]kind, s.hosts)
	special := make([]kind, 0, s.deaf+s.mute+s.fading+s.slow)
	for _, k := range []struct {
		kind kind
		n    int
	}{{deaf, s.deaf}, {mute, s.mute}, {fading, s.fading}, {slow, s.slow}} {
		for range k.n {
			special = append(special, k.kind)
		}
	}
	for i, k := range special {
		out[i*len(out)/len(special)] = k
	}
	return out
}
