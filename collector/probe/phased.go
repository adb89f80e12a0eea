package probe

import (
	"strings"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// phased ranks what there is: single mode, the start-up lines, the configuration, the rules of the version.
func (d *reader) phased(p Puma) puma.Phased {
	var raw RawProcess
	for _, r := range d.r.Processes {
		if r.PID == p.PID {
			raw = r
		}
	}
	lines, where := cleaned(raw.Journal), d.logs
	if len(raw.Log.Lines) > 0 {
		lines, where = cleaned(raw.Log.Lines), clean.Line(raw.Log.Path)
	}
	if f, ok := puma.PhasedFromLog(lines, p.Version, p.PID); ok {
		f.Evidence += " (" + where + ")"
		return f
	}
	if strings.Contains(p.Unit.ExecStart, " --preload") {
		return puma.Phased{Answer: puma.No, Evidence: "--preload in ExecStart of " + p.Unit.Name, From: puma.FromConfig}
	}
	if f, ok := puma.PhasedFromSettings(p.Settings, p.Version, p.ConfigPath); ok {
		if raw.ConfigNewer {
			return puma.Phased{Answer: puma.Unknown, From: puma.FromConfig,
				Evidence: p.ConfigPath + " was written after this Puma read it, and its start-up log was not found"}
		}
		return f
	}
	return puma.PhasedFromVersion(p.Version, len(p.Workers))
}

// cleaned is clean.Lines of lines that are apart already.
func cleaned(lines []string) []string {
	for len(lines) > 0 && strings.TrimRight(lines[len(lines)-1], "\r\n") == "" {
		lines = lines[:len(lines)-1]
	}
	out := make([]string, len(lines))
	for i, l := range lines {
		if out[i] = clean.Line(strings.TrimSuffix(l, "\r")); i == len(lines)-1 {
			out[i] = clean.Line(strings.TrimRight(l, "\r\n"))
		}
	}
	return out
}
