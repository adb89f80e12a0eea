package tui

import (
	"math"
	"strings"
	"testing"
	"time"

	"github.com/charmbracelet/x/ansi"

	"pumatop/collector"
	"pumatop/collector/puma"
)

func TestFormats(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ name, got, want string }{
		{"no duration", duration(-1), "–"},
		{"under a second", duration(900 * time.Millisecond), "0s"},
		{"seconds", duration(59 * time.Second), "59s"},
		{"minutes", duration(200 * time.Second), "3m20s"},
		{"a whole minute", duration(time.Minute), "1m"},
		{"hours", duration(3*time.Hour + 12*time.Minute + 59*time.Second), "3h12m"},
		{"days", duration(52*time.Hour + time.Minute), "2d4h"},
		{"tenths", tenths(1240 * time.Millisecond), "1.2s"},
		{"tenths of minutes", tenths(90 * time.Second), "1m30s"},
		{"half a second", interval(500 * time.Millisecond), "500ms"},
		{"a second and a half", interval(1500 * time.Millisecond), "1.5s"},
		{"two seconds", interval(2 * time.Second), "2s"},
		{"no latency", latency(0), "–"},
		{"short latency", latency(40 * time.Microsecond), "1ms"},
		{"latency", latency(1500 * time.Millisecond), "1.5s"},
		{"no memory", memory(puma.Count{}), "–"},
		{"bytes", memory(puma.Of(512)), "512B"},
		{"megabytes", memory(puma.Of(412 << 20)), "412M"},
		{"few megabytes", memory(puma.Of(10_276_045)), "9.8M"},
		{"rounds up to ten", memory(puma.Of(10_443_817)), "10M"},
		{"1000 megabytes are a gigabyte", memory(puma.Of(1000 << 20)), "1.0G"},
		{"gigabytes", memory(puma.Of(2_254_857_830)), "2.1G"},
		{"no rate", rate(collector.Rate{}), "–"},
		{"no requests", rate(collector.Rate{Known: true}), "0.0"},
		{"rate", rate(collector.Rate{PerSecond: 120.26, Known: true}), "120.3"},
		{"high rate", rate(collector.Rate{PerSecond: 12_340, Known: true}), "12.3k"},
		{"no percent", percent(math.NaN()), "–"},
		{"percent", percent(0.695), "70%"},
		{"small number", thousands(999), "999"},
		{"number", thousands(1_234_567), "1,234,567"},
		{"negative number", thousands(-1000), "-1,000"},
		{"one", plural(1, "worker"), "1 worker"},
		{"several", plural(1200, "worker"), "1,200 workers"},
		{"no clock", clock(time.Time{}), ""},
		{"clock", clock(noon), "19:31:40"},
		{"release", releaseName("/srv/shop/releases/20261121"), "20261121"},
		{"no release", releaseName(""), ""},
	} {
		if c.got != c.want {
			t.Errorf("%s: %q, want %q", c.name, c.got, c.want)
		}
	}
}

// TestMemoryFits keeps every amount within its column.
func TestMemoryFits(t *testing.T) {
	t.Parallel()
	for n := int64(1); n > 0 && n < 1<<49; n = n*3 + 7 {
		if s := memory(puma.Of(n)); len(s) > 4 {
			t.Errorf("%d bytes are %q", n, s)
		}
	}
}

// TestASCIIKeepsWidths replaces signs without moving what stands behind them.
func TestASCIIKeepsWidths(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"", "plain", "3→4 ▰▰▱", "web1 › done…", "網站 ok", "é\u0301", "“so” – it’s", "a\u0301b", "🦊"} {
		got := toASCII(s)
		if ansi.StringWidth(got) != ansi.StringWidth(s) {
			t.Errorf("%q becomes %q: %d cells and %d", s, got, ansi.StringWidth(s), ansi.StringWidth(got))
		}
		if strings.ContainsFunc(got, func(r rune) bool { return r >= 0x80 }) {
			t.Errorf("%q is not ASCII", got)
		}
	}
}

// penFor is a pen on a line of w cells without colours.
func penFor(w int) *pen {
	g := unicodeGlyphs()
	return &pen{look: newLook(monochrome()), g: &g, width: w}
}

func drawn(p *pen) string { return ansi.Strip(string(p.buf)) }

func TestBar(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		u    float64
		want string
	}{
		{0, "░░░░░░░░"}, {0.001, "▏░░░░░░░"}, {0.5, "████░░░░"}, {0.55, "████▍░░░"}, {1, "████████"}, {7, "████████"}, {math.NaN(), "        "},
	} {
		p := penFor(8)
		p.bar(c.u, 8, false)
		if got := drawn(p); got != c.want {
			t.Errorf("%v: %q, want %q", c.u, got, c.want)
		}
	}
}

func TestSpark(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		points []float64
		want   string
	}{
		{nil, "      "},
		{[]float64{0, 0, 0}, "   ▁▁▁"},
		{[]float64{1, 2, 3, 4, 5, 6, 7, 7}, "▄▅▆▇▇▇"},
		{[]float64{0.01, math.NaN(), 7}, "   ▂ ▇"},
	} {
		p := penFor(6)
		p.spark(tSpark, c.points, 6, 1)
		if got := drawn(p); got != c.want {
			t.Errorf("%v: %q, want %q", c.points, got, c.want)
		}
	}
}

// TestPenStaysOnItsLine writes more than fits, in every way that there is.
func TestPenStaysOnItsLine(t *testing.T) {
	t.Parallel()
	for w := range 12 {
		p := penFor(w)
		p.put(tText, "wide 網站 text")
		p.cell(tBad, "and 網站 more", 9, right)
		p.space(5)
		p.repeat(tFaint, '─', 5)
		p.bar(0.4, 9, false)
		p.spark(tSpark, []float64{1, 2, 3}, 9, 1)
		p.spans(line{{tText, "one"}, {tDim, "two"}})
		p.to(40)
		if n := ansi.StringWidth(drawn(p)); n > w || p.col > w {
			t.Errorf("%d cells on a line of %d, column %d", n, w, p.col)
		}
	}
}

func TestShortRevision(t *testing.T) {
	t.Parallel()
	for rev, want := range map[string]string{
		"": "", "v1.2": "v1.2", "20261121221229": "20261121221229",
		"0123456789abcdef0123456789abcdef01234567": "01234567", "0123456789abcdef0123456789abcdef0123456g": "0123456789abcdef0123456789abcdef0123456g",
	} {
		if got := shortRevision(rev); got != want {
			t.Errorf("%q: %q, want %q", rev, got, want)
		}
	}
}
