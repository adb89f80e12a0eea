package main

import (
	"pumatop/collector/prompt"
	"pumatop/tui"
)

// asked is who is asked for passphrases and the like: asker is where the connections ask, shown what the screen shows of
// it. shown is nil where another program asks, and both are where nobody can be.
type asked struct {
	asker prompt.Asker
	shown tui.Prompts
}

// askOnScreen asks the person in front of the screen.
func askOnScreen() asked {
	queue := prompt.NewQueue()
	return asked{queue, queue}
}
