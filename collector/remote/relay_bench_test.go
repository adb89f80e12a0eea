package remote_test

import (
	"testing"

	"pumatop/collector/remote"
)

// BenchmarkRelay is the cost of a poll through each relay, beside one without.
func BenchmarkRelay(b *testing.B) {
	path := socketIn(b, "pumactl.sock")
	listen(b, "unix", path, echo(nil))
	poll := func(b *testing.B, h *remote.Host) {
		for b.Loop() {
			if _, err := exchange(h.DialUnix(b.Context(), path)); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("local", func(b *testing.B) {
		h, err := remote.NewPool(remote.Options{}).Host(remote.Local)
		if err == nil {
			err = h.Connect(b.Context())
		}
		if err != nil {
			b.Fatal(err)
		}
		poll(b, h)
	})
	for _, program := range relayPrograms {
		b.Run(program, func(b *testing.B) { poll(b, relayedHost(b, program)) })
	}
}
