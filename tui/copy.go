package tui

func copyKeys() []binding { return nil }
