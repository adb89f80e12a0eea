package paint

import (
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/colorprofile"
	"github.com/charmbracelet/x/ansi"
)

// cell is one of the screen, without pointers: a frame is copied and compared by the thousand of them.
type cell struct {
	text uint32 // a rune, the number of a cluster of several, or covered
	ink  inkID
}

const (
	// covered is the text of a cell that the one before it takes as well.
	covered uint32 = 0
	// cluster marks the number of a text of several runes.
	cluster uint32 = 1 << 31
)

// blank is what an erased cell is.
var blank = cell{' ', plain}

// inkID is the number of a style.
type inkID uint32

// plain is no style.
const plain inkID = 0

// mostInks is how many styles and clusters are remembered. A screen has some dozens; a change of colours brings others.
const mostInks = 1 << 12

// inks gives numbers to what cells consist of.
type inks struct {
	profile colorprofile.Profile

	ids       map[string]inkID // by the sequences since the last reset
	sequences []string         // what makes a terminal of this profile write so

	numbers  map[string]uint32
	clusters []string

	met []byte // sequences since the last reset of the line that is being read
}

// turn is called before a frame is read, with the profile of its terminal. It reports whether all numbers are given anew, so that
// what was read before has lost its meaning.
func (s *inks) turn(profile colorprofile.Profile) bool {
	if s.ids != nil && s.profile == profile && len(s.ids) < mostInks && len(s.clusters) < mostInks {
		return false
	}
	*s = inks{profile: profile, ids: map[string]inkID{"": plain}, sequences: []string{""}, numbers: map[string]uint32{}, met: s.met}
	return true
}

// rendition is the ink after one more sequence of Select Graphic Rendition than those that were met on the line.
func (s *inks) rendition(sequence string) inkID {
	switch parameters := sequence[len("\x1b[") : len(sequence)-1]; {
	case parameters == "" || parameters == "0":
		s.met = s.met[:0]
		return plain
	case strings.HasPrefix(parameters, "0;"):
		s.met = s.met[:0]
	}
	s.met = append(s.met, sequence...)
	id, ok := s.ids[string(s.met)]
	if !ok {
		id = s.mix(string(s.met))
	}
	return id
}

// mix gives an ink a number.
func (s *inks) mix(met string) (id inkID) {
	shown := met
	if s.profile != colorprofile.Unknown && s.profile < colorprofile.TrueColor {
		var out strings.Builder
		w := colorprofile.Writer{Forward: &out, Profile: s.profile}
		_, _ = w.WriteString(met)
		shown = strings.ReplaceAll(out.String(), ansi.ResetStyle, "") // what it leaves of a colour that there is not
	}
	if shown != "" {
		id = inkID(len(s.sequences))
		s.sequences = append(s.sequences, shown)
	}
	s.ids[met] = id
	return id
}

// sequence is what makes a terminal that writes plainly write in an ink.
func (s *inks) sequence(i inkID) string { return s.sequences[i] }

// number is that of a text of several runes.
func (s *inks) number(text string) uint32 {
	n, ok := s.numbers[text]
	if !ok {
		text = strings.Clone(text)
		n = cluster | uint32(len(s.clusters))
		s.clusters, s.numbers[text] = append(s.clusters, text), n
	}
	return n
}

// text appends what a cell shows.
func (s *inks) text(b []byte, t uint32) []byte {
	if t&cluster != 0 {
		return append(b, s.clusters[t&^cluster]...)
	}
	return utf8.AppendRune(b, rune(t))
}
