package puma

import (
	"fmt"

	"pumatop/collector/clean"
)

// PhasedFromSettings answers from the text of the puma.rb at path, for a Puma in cluster mode. ok is false where the
// text leaves it open. What it rests on (Puma's source, 3.12 to 8.0):
//
//   - A phased restart is refused if and only if preload_app is on.
//   - A preload_app! line beats every default; with false it turns it off. Only the command line (--preload) beats
//     the line.
//   - Without one it is off up to 4; in 5 and 6 it is on where WEB_CONCURRENCY in the environment is above 1, whatever
//     the file says of workers or prune_bundler; from 7 on it is on with more than one worker, unless prune_bundler is.
//
// A wrong yes costs a full restart that nobody wanted, so it is said only where the text is certain. Puma reads the
// file once for each image: of a file that was changed since the image began, the text is no evidence, and the caller
// must not ask.
func PhasedFromSettings(s Settings, v Version, path string) (p Phased, ok bool) {
	answer := func(a Answer, format string, args ...any) (Phased, bool) {
		return Phased{Answer: a, Evidence: clean.Short(fmt.Sprintf(format, args...), 2*maxEvidence), From: FromConfig}, true
	}
	switch {
	case s.Preload.IsTrue():
		return answer(No, "preload_app! in line %d of %s", s.Preload.Line, path)
	case s.Preload.IsFalse() && s.Opaque.before(s.Preload):
		return answer(Yes, "preload_app! false in line %d of %s", s.Preload.Line, path)
	case s.Preload.IsSet() || s.Opaque.IsSet() || s.Lines == 0 || v.IsZero():
		return Phased{}, false
	case !v.AtLeast(5, 0, 0):
		return answer(Yes, "no preload_app! in %s, and Puma %s does not preload without it", path, v)
	case !v.AtLeast(7, 0, 0):
		return Phased{}, false
	case s.PruneBundler.IsTrue():
		return answer(Yes, "prune_bundler in line %d of %s, and no preload_app!", s.PruneBundler.Line, path)
	case s.PruneBundler.IsSet():
		return Phased{}, false
	case s.Workers.Count().N > 1:
		return answer(No, "workers %d in line %d of %s, and no preload_app! false: Puma %d preloads by default",
			s.Workers.Count().N, s.Workers.Line, path, v.Major)
	}
	return Phased{}, false
}

// PhasedFromVersion is what remains where neither log nor configuration tells: never more than a reason why it is
// unknown, since a default is no observation. workers is how many the Puma has now, 0 if that is not known.
func PhasedFromVersion(v Version, workers int) Phased {
	evidence := ""
	switch {
	case v.IsZero():
		evidence = "neither its start-up log nor its configuration could be read, nor its version"
	case !v.AtLeast(5, 0, 0):
		evidence = fmt.Sprintf("Puma %s preloads only if preload_app! is set, and neither log nor configuration tells", v)
	case !v.AtLeast(7, 0, 0):
		evidence = fmt.Sprintf("Puma %s preloads by default if WEB_CONCURRENCY is above 1, and neither log nor configuration tells", v)
	case workers == 1:
		evidence = fmt.Sprintf("Puma %s does not preload a single worker by default, and neither log nor configuration tells", v)
	default:
		evidence = fmt.Sprintf("Puma %s preloads more than one worker by default, and neither log nor configuration tells", v)
	}
	return Phased{Answer: Unknown, Evidence: evidence, From: FromVersion}
}
