package tui

func groupKeys() []binding { return nil }
