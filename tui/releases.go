package tui

// releaseWidth is how many cells the row's release takes in full, and in short.
func (r *row) releaseWidth() (full, short int) {
	if !r.oldCode() {
		w := textWidth(r.running)
		if r.odd.release != usual {
			w += 2 // a sign
		}
		return w, w
	}
	return textWidth(r.running) + 3 + textWidth(r.current), textWidth(shortChange(r.running, r.current, ">"))
}

// release is the release that runs and, where that is not what current points to, the one a reload would run.
func (c *cells) release(r *row, w int) {
	switch {
	case r.running == "":
		c.cell(tDim, unknown, w, left)
	case !r.oldCode():
		c.oddly(c.releaseToken(), r.running, r.odd.release, w)
	default:
		c.cell(tWarn, releaseChange(r.running, r.current, w, c.g.arrow, c.g.arrow), w, left)
	}
}

func (c *cells) releaseToken() token {
	if c.figure == tDim {
		return tDim
	}
	return tText
}

// releaseChange writes "running → current" in w cells. Releases are often times of the same day: where both do not
// fit, what they begin with in common is left out; where even that is too long, only the sign for that there is another one stands.
func releaseChange(running, current string, w int, arrow, differs string) string {
	full := running + " " + arrow + " " + current
	if textWidth(full) <= w {
		return full
	}
	if short := shortChange(running, current, arrow); textWidth(short) <= w {
		return short
	}
	return cut(running, w-1, false) + differs
}

// shortChange leaves out what both releases begin with.
func shortChange(running, current, arrow string) string {
	common := commonPrefix(running, current)
	if common <= 2 {
		return running + arrow + current
	}
	return "…" + running[common:] + arrow + current[common:]
}

// commonPrefix is how many bytes a and b begin with in common, none of them half a character.
func commonPrefix(a, b string) int {
	n := 0
	for n < len(a) && n < len(b) && a[n] == b[n] {
		n++
	}
	for n > 0 && n < len(a) && a[n]&0xc0 == 0x80 {
		n--
	}
	return n
}
