package tui

func columnKeys() []binding { return nil }
