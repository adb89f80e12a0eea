package tui

// KeyHelp is a key, or a command of the palette, what it does, and the name of the first screen that has it; empty where all do.
type KeyHelp struct{ Screen, Keys, Help string }

// KeyTable is every key of the screens, by screen, for a manual. A key that several screens have is with the first of them.
func KeyTable() []KeyHelp {
	var table []KeyHelp
	keys := allKeys()
	told := make([]bool, len(keys))
	add := func(screen string, of func(*binding) bool) {
		for i := range keys {
			if b := &keys[i]; !told[i] && of(b) {
				table, told[i] = append(table, KeyHelp{screen, b.keyNames(), b.help}), true
			}
		}
	}
	add("", (*binding).everywhere)
	for _, page := range pages() {
		add(page.name, func(b *binding) bool { return b.on&page.id != 0 })
	}
	return table
}
