package probe

import (
	"crypto/sha256"
	"sync"

	"pumatop/collector/puma"
)

// Bounds of what is remembered of configurations: so many, and none that is longer than they are.
const (
	memoSettings = 512
	memoText     = 16 << 10
)

// memo is what the newest configurations said, by the hash of their paths and texts. A text at a path says the same at each
// probe, and on each host of a fleet; reading it takes as much as all else in a report.
var memo = struct {
	sync.Mutex
	settings map[[sha256.Size]byte]puma.Settings
}{settings: map[[sha256.Size]byte]puma.Settings{}}

// settingsAt is puma.ReadSettingsAt for the lines of a file. What is in the settings is shared: nobody may change it.
func settingsAt(lines []string, file string) puma.Settings {
	size := len(file) + 2
	for _, l := range lines {
		size += len(l) + 1
	}
	b := append(make([]byte, 0, size), file...)
	b = append(b, 0) // which no path has
	for i, l := range lines {
		if i > 0 {
			b = append(b, '\n')
		}
		b = append(b, l...)
	}
	b = append(b, '\n')
	text := b[len(file)+1:]
	if len(text) > memoText {
		return puma.ReadSettingsAt(text, file)
	}
	key := sha256.Sum256(b)
	memo.Lock()
	known, ok := memo.settings[key]
	memo.Unlock()
	if ok {
		return known
	}
	read := puma.ReadSettingsAt(text, file)
	if read.Control.Token.IsSet() { // a secret is kept no longer than its target
		return read
	}
	memo.Lock()
	defer memo.Unlock()
	if len(memo.settings) >= memoSettings {
		clear(memo.settings)
	}
	memo.settings[key] = read
	return read
}
