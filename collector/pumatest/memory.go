package pumatest

import (
	"math/rand/v2"
	"time"
)

// memory is how processes of a host use memory and time: much as Rails applications do.
type memory struct{ base, master, perRequest float64 }

const mega = 1 << 20

func newMemory(random *rand.Rand) memory {
	return memory{base: (120 + 90*random.Float64()) * mega, master: (60 + 30*random.Float64()) * mega, perRequest: 2048}
}

// worker is the resident memory of a worker in bytes: it grows with what it has served, and ever slower.
func (m memory) worker(w *worker) int64 {
	grown := w.served / (w.served + 20000)
	return int64(m.base * (1 + 0.45*grown + 0.02*float64(w.pid%7)))
}

// cpu is the processor time that a worker has used: its boot, and a part of what its requests took.
func (p *Puma) cpu(w *worker) time.Duration {
	return 900*time.Millisecond + time.Duration(w.served*0.55*float64(p.load.Service))
}
