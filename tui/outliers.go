package tui

import (
	"slices"

	"github.com/charmbracelet/x/ansi"
)

// oddity is how a value stands to what the rest of an app has.
type oddity uint8

const (
	usual oddity = iota
	odd          // the most of the app have another one
	mixed        // no value of the app is that of the most
)

// oddities are those of a row.
type oddities struct{ release, version oddity }

// mixedWord is what stands where there are several values and none is that of the most.
const mixedWord = "mixed"

// markOdd finds the rows whose release or version is not that of the rest of their app. What is not known stands out from
// nothing, and a row that runs old code has its arrow: the others are not held against it. It puts other rows in their place.
func markOdd(rows []*row) {
	releases, versions := tallies{}, tallies{}
	for _, r := range rows {
		if r.target != nil {
			if !r.oldCode() {
				releases.add(r.target.App, r.running)
			}
			versions.add(r.target.App, versionOf(r))
		}
	}
	for i, r := range rows {
		if r.target == nil {
			continue
		}
		is := oddities{version: versions.judge(r.target.App, versionOf(r))}
		if !r.oldCode() {
			is.release = releases.judge(r.target.App, r.running)
		}
		if is != r.odd {
			rows[i] = r.standingOut(is)
		}
	}
}

// standingOut is a row of which something else stands out: r itself may be among other lines already.
func (r *row) standingOut(is oddities) *row {
	other := *r
	other.odd = is
	other.measureRelease()
	return &other
}

// tallies counts what the targets of an app have.
type tallies map[string]*tally

type tally struct {
	values []string
	counts []int
}

// mostKinds bounds what an app is told to be made of: where there are more kinds, none is usual and none stands out.
const mostKinds = 32

func (t tallies) add(app, value string) {
	if value == "" {
		return
	}
	of := t[app]
	if of == nil {
		of = &tally{}
		t[app] = of
	}
	at := slices.Index(of.values, value)
	switch {
	case at >= 0:
		of.counts[at]++
	case len(of.values) <= mostKinds:
		of.values, of.counts = append(of.values, value), append(of.counts, 1)
	}
}

func (t tallies) judge(app, value string) oddity {
	of := t[app]
	if of == nil || value == "" || len(of.values) < 2 || len(of.values) > mostKinds {
		return usual
	}
	most := slices.Max(of.counts)
	ties := 0
	for _, n := range of.counts {
		if n == most {
			ties++
		}
	}
	switch {
	case of.counts[slices.Index(of.values, value)] < most:
		return odd
	case ties > 1:
		return mixed
	}
	return usual
}

// cutStart shortens s to w cells from its beginning: releases and versions differ at their ends.
func cutStart(s string, w int) string {
	over := textWidth(s) - w
	if over <= 0 || w <= 0 {
		return cut(s, w, false)
	}
	return "…" + ansi.TruncateLeft(s, over+1, "")
}

// oddly writes a value and, where it stands out, the sign and, where there is room, the word for that.
func (c *cells) oddly(t token, value string, is oddity, w int) {
	sign, word := c.g.differs, "unlike the rest"
	switch is {
	case usual:
		c.cell(t, value, w, left)
		return
	case mixed:
		sign, word = c.g.mixed, mixedWord
	case odd:
	}
	start := c.col
	if c.figure != tDim {
		t = tWarn
	}
	full := value + " " + sign + " " + word
	switch {
	case textWidth(full) <= w:
		c.put(t, full)
	case textWidth(value)+2 <= w:
		c.put(t, value+" "+sign)
	case textWidth(value) < w:
		c.put(t, value+sign)
	default:
		c.put(t, cutStart(value, w-1)+sign)
	}
	c.to(start + w)
}
