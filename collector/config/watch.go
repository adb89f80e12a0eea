package config

import "slices"

// Watcher tells when the files have changed.
type Watcher struct {
	options Options
	files   []File
	trust   stamp
}

// Watch looks after the files of l, which was loaded with o.
func Watch(o Options, l Loaded) *Watcher {
	return &Watcher{options: o, files: l.Files, trust: l.trust}
}

// Changed reads the files again if one of them has changed, has come or has gone, or if the project's file is trusted now
// or no longer. It is not ok where nothing has happened. A broken file is an error, once for each change of it; what was
// loaded before goes on to count.
func (w *Watcher) Changed() (l Loaded, ok bool, err error) {
	f, err := newFinder(w.options)
	if err != nil {
		return Loaded{}, false, nil // the working directory is gone, and what lay above it says nothing new
	}
	now := f.candidates()
	same := slices.EqualFunc(now, w.files, func(a, b File) bool { return a.Path == b.Path && stampOf(a.Path) == b.stamp })
	if same && trustStamp(w.options.getenv) == w.trust {
		return Loaded{}, false, nil
	}
	l, err = Load(w.options)
	w.files, w.trust = l.Files, l.trust
	return l, err == nil, err
}

// trustStamp is the state of what is trusted.
func trustStamp(getenv func(string) string) stamp {
	path, err := trustPath(getenv)
	if err != nil {
		return stamp{}
	}
	return stampOf(path)
}
