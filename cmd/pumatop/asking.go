package main

import (
	"context"

	"pumatop/collector/prompt"
	"pumatop/tui"
)

// asked is who is asked for passphrases and the like: asker is where the connections ask, shown what the screen shows of
// it, nil where another program asks. leave ends what was begun for it.
type asked struct {
	asker prompt.Asker
	shown tui.Prompts
	leave func()
}

// askOnScreen asks the person in front of the screen, unless SSH_ASKPASS_REQUIRE wants a program to.
func askOnScreen(ctx context.Context, s surroundings) asked {
	queue := prompt.NewQueue()
	asker, leave := pickAsker(ctx, queue, s)
	if asker != prompt.Asker(queue) {
		return asked{asker: asker, leave: leave}
	}
	return asked{queue, queue, leave}
}
