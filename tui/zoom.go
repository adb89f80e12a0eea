package tui

func chartKeys() []binding { return nil }
