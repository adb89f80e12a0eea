package puma

// ReadSettings reads the text of a puma.rb without running it.
func ReadSettings(text []byte) Settings { return ReadSettingsAt(text, "") }

// ReadSettingsAt is ReadSettings for a file whose path is known, for what the file derives from its own place.
func ReadSettingsAt(text []byte, path string) Settings { return Settings{} }
