//go:build observed

package main

import (
	"fmt"
	"os"
	"runtime"
	"runtime/metrics"
	"runtime/pprof"
	"runtime/trace"
	"time"
)

// observe is, with the tag observed, somebody inside who tells the benchmark in .ci/bench-fleet what cannot be seen from
// outside: once a second the file PUMATOP_OBSERVE gets how many goroutines there are and what the memory is made of. With
// PUMATOP_PROFILE, a prefix of paths, profiles are written too: of the CPU, from the 40th second on for half a minute, of
// the heap, and a trace of five seconds; `go tool trace -d=parsed` tells how long goroutines wait for a processor.
func observe() {
	if path := os.Getenv("PUMATOP_OBSERVE"); path != "" {
		go countGoroutines(path)
	}
	if prefix := os.Getenv("PUMATOP_PROFILE"); prefix != "" {
		go profile(prefix)
	}
}

func countGoroutines(path string) {
	for range time.Tick(time.Second) {
		next := path + ".next"
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		text := fmt.Appendf(nil, "%d live %d, heap %d, idle %d, stacks %d, all %d MB, %d collections\n", runtime.NumGoroutine(),
			live()>>20, m.HeapInuse>>20, (m.HeapIdle-m.HeapReleased)>>20, m.StackInuse>>20, (m.Sys-m.HeapReleased)>>20, m.NumGC)
		if os.WriteFile(next, text, 0o600) == nil {
			_ = os.Rename(next, path)
		}
	}
}

// live is what the last garbage collection left, in bytes.
func live() uint64 {
	s := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(s)
	return s[0].Value.Uint64()
}

func profile(prefix string) {
	time.Sleep(40 * time.Second)
	if f, err := os.Create(prefix + "cpu.prof"); err == nil {
		_ = pprof.StartCPUProfile(f)
		time.Sleep(30 * time.Second)
		pprof.StopCPUProfile()
		_ = f.Close()
	}
	if f, err := os.Create(prefix + "trace"); err == nil {
		_ = trace.Start(f)
		time.Sleep(5 * time.Second)
		trace.Stop()
		_ = f.Close()
	}
	for _, name := range []string{"heap", "goroutine"} {
		if f, err := os.Create(prefix + name + ".prof"); err == nil {
			_ = pprof.Lookup(name).WriteTo(f, 0)
			_ = f.Close()
		}
	}
}
