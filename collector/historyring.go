package collector

import (
	"math"
	"math/bits"
	"time"
)

// Rings of one history: each has coarser steps than the one before, and reaches further back.
const (
	ringCount   = 3
	historyStep = 2 * time.Second
	// blockPoints is how many points are packed together once a ring has so many.
	blockPoints = 64
)

var (
	steps = [ringCount]time.Duration{historyStep, 20 * time.Second, 2 * time.Minute}
	// ringBlocks is how many packed blocks a ring keeps, beside the points that make up the next: 10 and a half minutes, 64
	// minutes and 25 and a half hours.
	ringBlocks = [ringCount]int{5, 3, 12}
)

// historyReach is how many steps the last ring goes back.
const historyReach = 12 * blockPoints * 60

// point is a value of each series, as it was observed.
type point [seriesCount]float32

// cell is a point as it is kept until it is packed.
type cell [seriesCount]code

func nan32() float32 { return float32(math.NaN()) }

// nothing is the point of which nothing is known.
func nothing() point { return point{nan32(), nan32(), nan32(), nan32(), nan32()} }

func (p *point) cell() cell {
	var c cell
	for s, v := range p {
		c[s] = codeOf(v)
	}
	return c
}

// code is a number of 0 and above in two bytes: six bits of exponent and ten of mantissa, which hold whole numbers up to
// 2,048 as they are and everything up to 2⁴⁸ to a thousandth.
type code uint16

const (
	unknownCode code = 0xffff
	codeBias         = (127 - 16) << 10
)

func codeOf(v float32) code {
	if v != v {
		return unknownCode
	}
	c := int64((math.Float32bits(max(v, 0))+1<<12)>>13) - codeBias
	return code(min(max(c, 0), int64(unknownCode-1)))
}

func (c code) value() float64 {
	switch c {
	case unknownCode:
		return math.NaN()
	case 0:
		return 0
	}
	return float64(math.Float32frombits((uint32(c) + codeBias) << 13))
}

// gather makes a point of a coarser ring out of steps. A series is unknown there where it was in all of them.
type gather struct {
	steps, known int // known are those with requests
	sum          float64
	peaks        point // meaningful once steps is above 0
}

func (g *gather) take(p *point) {
	if g.steps == 0 {
		g.peaks = nothing()
	}
	g.steps++
	for s, v := range p {
		if high := g.peaks[s]; v > high || high != high {
			g.peaks[s] = v
		}
	}
	if v := p[RequestsSeries]; v == v {
		g.sum += float64(v)
		g.known++
	}
}

func (g *gather) cell() cell {
	if g.steps == 0 {
		return cell{}
	}
	p := g.peaks
	if g.known > 0 {
		p[RequestsSeries] = float32(g.sum / float64(g.known))
	}
	return p.cell()
}

// ring is a series of points that forgets the oldest. What was read of it stays as it was: points are appended, and blocks
// of them are replaced by new arrays.
type ring struct {
	blocks []*block
	open   []cell
}

func (r *ring) len() int { return len(r.blocks)*blockPoints + len(r.open) }

// push appends a point, and packs the newest once there is a block of them.
func (r *ring) push(c cell, most int) {
	if len(r.open) == cap(r.open) {
		grown := make([]cell, len(r.open), min(max(2*len(r.open), 8), blockPoints))
		copy(grown, r.open)
		r.open = grown
	}
	r.open = append(r.open, c)
	if len(r.open) < blockPoints {
		return
	}
	kept := r.blocks[max(len(r.blocks)+1-most, 0):]
	r.blocks = append(append(make([]*block, 0, len(kept)+1), kept...), pack(r.open))
	r.open = nil
}

// append appends a series to into, without its first skip points.
func (r *ring) append(into []float64, which Series, skip int) []float64 {
	for _, b := range r.blocks {
		if skip >= blockPoints {
			skip -= blockPoints
			continue
		}
		into = b.append(into, which, skip)
		skip = 0
	}
	for _, c := range r.open[min(skip, len(r.open)):] {
		into = append(into, c[which].value())
	}
	return into
}

func (r *ring) known(which Series) bool {
	for _, b := range r.blocks {
		if b != nil && (b.varies>>which&1 != 0 || b.low[which] == b.low[which]) {
			return true
		}
	}
	for _, c := range r.open {
		if c[which] != unknownCode {
			return true
		}
	}
	return false
}

// block is blockPoints points packed: a byte for each of a series that varies, nothing for one that does not. An unknown in
// a series that varies is unknownByte. Nil is a block of which nothing is known: the hours of a lost host are made of it.
type block struct {
	codes     string // of the series that vary, one after another
	low, unit [seriesCount]float32
	varies    uint8 // a bit for each series
}

const unknownByte = 255

func pack(cells []cell) *block {
	b := block{low: nothing()}
	var codes [int(seriesCount) * blockPoints]byte
	n := 0
	known := false
	for s := range seriesCount {
		low, high, same := bounds(cells, s)
		known = known || low == low
		b.low[s] = float32(low)
		if same {
			continue
		}
		b.varies |= 1 << s
		unit := (high - low) / (unknownByte - 1)
		b.unit[s] = float32(unit)
		for i := range cells {
			codes[n+i] = byteOf(cells[i][s].value(), low, unit)
		}
		n += blockPoints
	}
	if !known {
		return nil
	}
	b.codes = string(codes[:n])
	return &b
}

// bounds are the least and the highest value of a series, NaN where none is known, and whether all its points are the same.
func bounds(cells []cell, s Series) (low, high float64, same bool) {
	low, high, same = math.NaN(), math.NaN(), true
	for i := range cells {
		c := cells[i][s]
		same = same && c == cells[0][s]
		if c == unknownCode {
			continue
		}
		v := c.value()
		if low != low || v < low {
			low = v
		}
		if high != high || v > high {
			high = v
		}
	}
	return low, high, same
}

// byteOf packs a value so that only the least one becomes 0: what was above nought stays above it.
func byteOf(v, low, unit float64) byte {
	switch {
	case v != v:
		return unknownByte
	case v <= low || unit <= 0:
		return 0
	}
	return byte(min(max(math.Round((v-low)/unit), 1), unknownByte-1))
}

func (b *block) append(into []float64, which Series, skip int) []float64 {
	low := math.NaN()
	if b != nil {
		low = float64(b.low[which])
	}
	if b == nil || b.varies>>which&1 == 0 {
		for range blockPoints - skip {
			into = append(into, low)
		}
		return into
	}
	from := bits.OnesCount8(b.varies&(1<<which-1)) * blockPoints
	unit := float64(b.unit[which])
	for i := from + skip; i < from+blockPoints; i++ {
		if b.codes[i] == unknownByte {
			into = append(into, math.NaN())
			continue
		}
		into = append(into, low+unit*float64(b.codes[i]))
	}
	return into
}
