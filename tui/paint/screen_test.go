package paint

import (
	"fmt"
	"io"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
	"github.com/charmbracelet/x/vt"
)

// emulator is a terminal of w×h cells.
func emulator(t *testing.T, w, h int) *vt.Emulator {
	t.Helper()
	emu := vt.NewEmulator(w, h)
	t.Cleanup(func() { _ = emu.InputPipe().(io.Closer).Close() })
	return emu
}

// shows is what it shows, with the styles.
func shows(emu *vt.Emulator) string {
	var b strings.Builder
	for y := range emu.Height() {
		for x := range emu.Width() {
			c := emu.CellAt(x, y)
			if c == nil || c.Content == " " && c.Style.IsZero() {
				b.WriteByte(' ')
				continue
			}
			b.WriteString(c.Style.String() + c.Content)
		}
		b.WriteByte('\n')
	}
	return b.String()
}

// whole is what a terminal shows on which nothing but f has been drawn.
func whole(t *testing.T, f *Frame) string {
	t.Helper()
	emu := emulator(t, f.Width, f.Height)
	var s Screen
	_, _ = emu.Write(s.Draw(nil, f))
	return shows(emu)
}

func frame(w, h int, lines ...string) *Frame {
	return &Frame{Content: strings.Join(lines, "\n"), Width: w, Height: h}
}

// unwrapping is what is written while no line is wrapped, and around it. All rows have to be within.
func unwrapping(t *testing.T, s string) string {
	t.Helper()
	before, rest, off := strings.Cut(s, ansi.ResetModeAutoWrap)
	rows, after, on := strings.Cut(rest, ansi.SetModeAutoWrap)
	if s != "" && (!off || !on) || ansi.Strip(before+after) != "" {
		t.Errorf("lines can be wrapped by %q", s)
	}
	return before + rows + after
}

// TestDraw: what is written of a frame where another is shown.
func TestDraw(t *testing.T) {
	t.Parallel()
	const bold, red, none = "\x1b[1m", "\x1b[31m", "\x1b[m"
	for _, tc := range []struct {
		name     string
		old, new *Frame
		want     string
	}{
		{"the first", nil, frame(4, 2, "ab", "c"), "\x1b[m\x1b[1;1Hab\x1b[K\x1b[2;1Hc\x1b[K\x1b[?25l"},
		{"the same", frame(4, 1, "ab"), frame(4, 1, "ab"), ""},
		{"one cell", frame(4, 1, "abcd"), frame(4, 1, "abxd"), "\x1b[1;3Hx"},
		{"two that are close", frame(9, 1, "abcdefghi"), frame(9, 1, "xbcdefgxi"), "\x1b[1;1Hxbcdefgx"},
		{"two that are not", frame(10, 1, "abcdefghij"), frame(10, 1, "xbcdefghxj"), "\x1b[1;1Hx\x1b[1;9Hx"},
		{"the end of a line goes", frame(9, 1, "abc def"), frame(9, 1, "abc"), "\x1b[1;5H\x1b[K"},
		{"one that was full", frame(4, 1, "abcd"), frame(4, 1, "abc"), "\x1b[1;4H\x1b[K"},
		{"the last column is not erased", frame(4, 1, "abcd"), frame(4, 1, "abce"), "\x1b[1;4He"},
		{"fewer lines", frame(3, 2, "ab", "c"), frame(3, 2, "ab"), "\x1b[2;1H\x1b[K"},
		{"only the style", frame(3, 1, "abc"), frame(3, 1, "a"+bold+"b"+none+"c"), "\x1b[1;2H" + bold + "b" + none},
		{"another order of the same style", frame(3, 1, bold+red+"a"+none), frame(3, 1, bold+"\x1b[m"+bold+red+"a"), ""},
		{"a reset before a style", frame(3, 1, red+"a"), frame(3, 1, bold+"\x1b[0;31ma"), "\x1b[1;1H\x1b[0;31ma" + none},
		{"blanks with a background", frame(3, 1, "a"), frame(3, 1, "a\x1b[41m  "), "\x1b[1;2H\x1b[41m  " + none},
		{"too wide", frame(3, 1, ""), frame(3, 1, "abcdef"), "\x1b[1;1Habc"},
		{"too many lines", frame(3, 1, "a"), frame(3, 1, "a", "b"), ""},
		{"another size", frame(3, 1, "a"), frame(4, 1, "a"), "\x1b[m\x1b[1;1Ha\x1b[K\x1b[?25l"},
		{"another height", frame(3, 1, "a", "b"), frame(3, 2, "a", "b"), "\x1b[m\x1b[1;1Ha\x1b[K\x1b[2;1Hb\x1b[K\x1b[?25l"},
		{"no width", nil, frame(0, 2, "a", "b"), "\x1b[m\x1b[?25l"},
		{"other colours", frame(2, 1, "\x1b[38;2;255;0;0ma"), &Frame{Content: "\x1b[38;2;255;0;0ma", Width: 2, Height: 1, Profile: colorprofile.ANSI},
			"\x1b[m\x1b[1;1H\x1b[91ma\x1b[m\x1b[K\x1b[?25l"},
		{"two cells wide: the whole line, for not all terminals agree", frame(8, 1, "a 世 b"), frame(8, 1, "a 世 c"), "\x1b[1;1H\x1b[K\x1b[1;1Ha 世\x1b[1;5H c\x1b[K"},
		{"no longer two cells wide", frame(6, 1, "世b"), frame(6, 1, "xyb"), "\x1b[1;1Hxyb\x1b[K"},
		{"two cells wide at the end", frame(4, 1, ""), frame(4, 1, "ab世"), "\x1b[1;1H\x1b[K\x1b[1;1Hab世"},
		{"half of it does not fit", frame(3, 1, "abc"), frame(3, 1, "ab世"), "\x1b[1;3H\x1b[K"},
		{"several runes in a cell", frame(5, 1, ""), frame(5, 1, "e\u0301f"), "\x1b[1;1H\x1b[K\x1b[1;1He\u0301\x1b[1;2Hf\x1b[K"},
		{"a line of a chart, and what combines with it", frame(2, 1, ""), frame(2, 1, "─\u0301"), "\x1b[1;1H\x1b[K\x1b[1;1H─\u0301\x1b[1;2H\x1b[K"},
		{"an escape before an escape", frame(3, 1, ""), frame(3, 1, "\x1b\x1b[1ma"), "\x1b[1;1H\x1b[1ma\x1b[m"},
		{"an escape before a rune", frame(3, 1, ""), frame(3, 1, "\x1bäb"), "\x1b[1;1Häb"},
		{"of sequences only styles", frame(5, 1, ""), frame(5, 1, "\x1b]0;title\aa\x1b[2Jb\x1b[>4mc\x1b]8;;x\x1b\\d\x07\te"), "\x1b[1;1Habcde"},
		{"a sequence that does not end", frame(5, 1, ""), frame(5, 1, "a\x1b[3"), "\x1b[1;1Ha"},
		{"bytes that are no text", frame(5, 1, ""), frame(5, 1, "a\xe4\x1b[1mb\xff"), "\x1b[1;1Ha\ufffd\x1b[1mb\ufffd\x1b[m"},
		{"a cursor comes", frame(2, 1, "a"), &Frame{Content: "a", Width: 2, Height: 1, Cursor: &Position{1, 0}}, "\x1b[1;2H\x1b[?25h"},
		{"a cursor goes", &Frame{Content: "a", Width: 2, Height: 1, Cursor: &Position{1, 0}}, frame(2, 1, "a"), "\x1b[?25l"},
		{"a cursor is hidden while cells are written", &Frame{Content: "a", Width: 2, Height: 1, Cursor: &Position{1, 0}},
			&Frame{Content: "b", Width: 2, Height: 1, Cursor: &Position{1, 0}}, "\x1b[?25l\x1b[1;1Hb\x1b[1;2H\x1b[?25h"},
		{"all at once", frame(2, 1, "a"), &Frame{Content: "b", Width: 2, Height: 1, Synchronized: true}, "\x1b[?2026h\x1b[1;1Hb\x1b[?2026l"},
		{"nothing at once", frame(2, 1, "a"), &Frame{Content: "a", Width: 2, Height: 1, Synchronized: true}, ""},
		{"16 colours", nil, &Frame{Content: "\x1b[38;2;255;0;0ma", Width: 2, Height: 1, Profile: colorprofile.ANSI},
			"\x1b[m\x1b[1;1H\x1b[91ma\x1b[m\x1b[K\x1b[?25l"},
		{"no colours", nil, &Frame{Content: "\x1b[38;2;255;0;0ma" + bold + "b", Width: 3, Height: 1, Profile: colorprofile.ASCII},
			"\x1b[m\x1b[1;1Ha" + bold + "b\x1b[m\x1b[K\x1b[?25l"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			var s Screen
			if tc.old != nil {
				s.Draw(nil, tc.old)
			}
			if got := unwrapping(t, string(s.Draw(nil, tc.new))); got != tc.want {
				t.Errorf("writes %q, want %q", got, tc.want)
			}
			if again := s.Draw(nil, tc.new); len(again) != 0 {
				t.Errorf("the same frame again writes %q", again)
			}
		})
	}
}

// TestDrawFromAny: whatever was shown before, the terminal shows the same.
func TestDrawFromAny(t *testing.T) {
	t.Parallel()
	const w, h = 24, 5
	random := rand.New(rand.NewPCG(4, 11))
	pieces := []string{"a", "bc", " ", "     ", "█▇", "⣿", "世", "ł\u0301", "─", "\x1b[1m", "\x1b[m", "\x1b[38;5;9m", "\x1b[48;2;1;2;3m", "▌", "…"}
	content := func(old string) string {
		lines := strings.Split(old, "\n")
		for range 1 + random.IntN(3) {
			var b strings.Builder
			for range random.IntN(20) {
				b.WriteString(pieces[random.IntN(len(pieces))])
			}
			y := random.IntN(h)
			for len(lines) <= y {
				lines = append(lines, "")
			}
			if old := ansi.Strip(lines[y]); random.IntN(2) == 0 && old != "" {
				lines[y] = old + b.String()
			} else {
				lines[y] = b.String()
			}
		}
		return strings.Join(lines, "\n")
	}
	var shown Screen
	emu := emulator(t, w, h)
	f := &Frame{Width: w, Height: h}
	for i := range 400 {
		f = &Frame{Content: content(f.Content), Width: w, Height: h}
		_, _ = emu.Write(shown.Draw(nil, f))
		if got, want := shows(emu), whole(t, f); got != want {
			t.Fatalf("frame %d of\n%q\nis shown as\n%s\nand is\n%s", i, f.Content, got, want)
		}
	}
}

// TestManyInks: where more styles have come than are remembered, all is drawn anew and right.
func TestManyInks(t *testing.T) {
	t.Parallel()
	var s Screen
	emu := emulator(t, 12, 2)
	var f *Frame
	for i := range 2*mostInks + 3 {
		f = frame(12, 2, fmt.Sprintf("\x1b[38;2;%d;%d;7mx\x1b[m", i>>8, i&255), "\x1b[1mstays")
		_, _ = emu.Write(s.Draw(nil, f))
	}
	if n := len(s.inks.ids); n > mostInks {
		t.Errorf("remembers %d styles", n)
	}
	if got, want := shows(emu), whole(t, f); got != want {
		t.Errorf("shows\n%s\nand is\n%s", got, want)
	}
}

// TestManyClusters: where more texts of several runes have come than are remembered, too.
func TestManyClusters(t *testing.T) {
	t.Parallel()
	var s Screen
	emu := emulator(t, 12, 2)
	var f *Frame
	for i := range mostInks + 3 {
		f = frame(12, 2, string(rune(0x3400+i))+"\u0301", "e\u0301 stays")
		_, _ = emu.Write(s.Draw(nil, f))
	}
	if n := len(s.inks.clusters); n > mostInks {
		t.Errorf("remembers %d clusters", n)
	}
	if got, want := shows(emu), whole(t, f); got != want {
		t.Errorf("shows\n%s\nand is\n%s", got, want)
	}
}

// FuzzDraw: no content makes the painter write anything but texts, styles and its own moves within the screen.
func FuzzDraw(f *testing.F) {
	for _, s := range []string{"a\nb", "\x1b[31mred\x1b[m", "\x1b]0;x", "世界\n\x1b[1", "\x1b[999;999H", "e\u0301\u200d\xff\xfe", "\x1b[38:2::1:2:3mx", "\u2028\x85\x9b31m"} {
		f.Add(s, "old")
		f.Add("old", s)
	}
	f.Fuzz(func(t *testing.T, old, new string) {
		const w, h = 7, 3
		var s Screen
		b := s.Draw(nil, &Frame{Content: old, Width: w, Height: h})
		b = s.Draw(b, &Frame{Content: new, Width: w, Height: h})
		for _, r := range s.rows {
			if len(r.cells) != w {
				t.Fatalf("a row of %d cells", len(r.cells))
			}
		}
		checkWritten(t, b, w, h)
	})
}

func checkWritten(t *testing.T, b []byte, w, h int) {
	t.Helper()
	var state byte
	for len(b) > 0 {
		sequence, _, n, next := ansi.DecodeSequence(b, state, nil)
		text := string(sequence)
		var x, y int
		switch {
		case ansi.HasCsiPrefix(sequence) && strings.HasSuffix(text, "m"), text == "\x1b[K", text == ansi.HideCursor,
			text == ansi.ResetModeAutoWrap, text == ansi.SetModeAutoWrap:
		case ansi.HasCsiPrefix(sequence):
			if _, err := fmt.Sscanf(text, "\x1b[%d;%dH", &y, &x); err != nil || x < 1 || x > w || y < 1 || y > h {
				t.Fatalf("writes %q", text)
			}
		case sequence[0] < ' ':
			t.Fatalf("writes %q", text)
		}
		b, state = b[n:], next
	}
}
