package tui

// releaseWidth is how many cells the row's release takes in full.
func (r *row) releaseWidth() int {
	w := textWidth(r.running)
	if r.oldCode() {
		w += 3 + textWidth(r.current)
	}
	return w
}

// release is the release that runs and, where that is not what current points to, the one a reload would run.
func (c *cells) release(r *row, w int) {
	switch {
	case r.running == "":
		c.cell(tDim, unknown, w, left)
	case !r.oldCode():
		c.cell(c.releaseToken(), r.running, w, left)
	default:
		c.cell(tWarn, releaseChange(r.running, r.current, w, c.g.arrow), w, left)
	}
}

func (c *cells) releaseToken() token {
	if c.figure == tDim {
		return tDim
	}
	return tText
}

// releaseChange writes "running → current" in w cells. Releases are often times of the same day: where both do not
// fit, what they have in common is left out first.
func releaseChange(running, current string, w int, arrow string) string {
	full := running + " " + arrow + " " + current
	if textWidth(full) <= w {
		return full
	}
	common := commonPrefix(running, current)
	short := running[common:] + arrow + current[common:]
	if common > 2 && textWidth(short) < w {
		return "…" + short
	}
	if textWidth(short) <= w {
		return short
	}
	return running + arrow
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
