package probe

import (
	"embed"
	"io/fs"
	"regexp"
	"strings"
)

// scripts are the parts of the probe, in their order by name, and the two scripts that stand alone.
//
//go:embed script/*.sh
var scripts embed.FS

// Want is what a caller knows already.
type Want struct {
	// StatePaths are state files to read beside what the script finds by itself: absolute paths on the host.
	StatePaths []string
	// Units are those of systemd, system-wide or of the login's own, that Puma is known to run in though they do not look
	// like it: "shop.service", or "shop". See Want.Parse.
	Units []string
}

// Parse is the function Parse for the output of Script(w). A wanted unit is Puma's whatever it starts, and it is that of
// the one master which is in no unit.
func (w Want) Parse(out []byte) (Host, error) {
	d := decoders.Get().(*decoder)
	defer d.release()
	r, err := d.decode(out)
	if err != nil {
		return Host{}, err
	}
	r.wanted = w.units()
	return r.Host(), nil
}

// unitName is what the name of a service can be.
var unitName = regexp.MustCompile(`^[A-Za-z0-9_:\\][A-Za-z0-9_:.@\\-]*$`)

// units are the full names of the wanted units, those that can be names.
func (w Want) units() []string {
	var out []string
	for _, name := range w.Units {
		if unitName.MatchString(name) {
			out = append(out, strings.TrimSuffix(name, ".service")+".service")
		}
	}
	return out
}

// Script is the probe as text for the stdin of `sh -s`: POSIX sh, no file left behind, no privilege needed. It reads
// nothing from stdin, writes its report to stdout, and ends by itself.
func Script(w Want) string {
	var b strings.Builder
	// as a variable, the text can go on to the shells of containers without being sent twice
	b.WriteString("inside= hints=" + Quote(strings.Join(w.units(), " ")) + " text=" + Quote(probeText()) + "\neval \"$text\"\nprobe")
	for _, p := range w.StatePaths {
		if p != "" && !strings.ContainsFunc(p, isControl) {
			b.WriteString(" " + Quote(p))
		}
	}
	b.WriteString(" </dev/null 2>/dev/null\n")
	return b.String()
}

// probeText is the probe without the line that runs it.
func probeText() string {
	parts, err := fs.Glob(scripts, "script/[0-9]*.sh")
	if err != nil {
		panic(err) // the pattern is a constant
	}
	var b strings.Builder
	for _, name := range parts {
		b.WriteString(load(name))
	}
	return b.String()
}

// Words are the shell functions that other scripts may share: say, body, text, within, manage. They take uid and limited
// for set.
func Words() string { return load("script/1-words.sh") }

func load(name string) string {
	text, err := fs.ReadFile(scripts, name)
	if err != nil {
		panic(err) // it is embedded
	}
	return Bare(string(text))
}

// Bare is a script as it is sent: without its indentation, and without comments but for the first line, which says
// what it is. The probe's goes to every host every half a minute, and the comments are half of it.
func Bare(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		line = strings.TrimLeft(line, "\t")
		if line == "\n" || strings.HasPrefix(line, "#") && !strings.HasPrefix(line, "# pumatop-") {
			continue
		}
		b.WriteString(line)
	}
	return b.String()
}

// isControl reports what cannot be in a path that somebody meant, and would break the report's lines.
func isControl(r rune) bool { return r < ' ' || r == 0x7f }

// Quote makes one word of sh out of any text without a NUL.
func Quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }
