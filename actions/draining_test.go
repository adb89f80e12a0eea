package actions

import "testing"

// TestLastTurn: the log knows of an end that no figure shows yet.
func TestLastTurn(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ log, want string }{
		{"", ""},
		{"[9] Puma starting in cluster mode...\n[9] Use Ctrl-C to stop\n", ""},
		{"[9] - Gracefully shutting down workers...\n", "- Gracefully shutting down workers..."},
		{"[9] * phased-restart called but not available, restarting normally.\n[9] - Gracefully shutting down workers...\n", "- Gracefully shutting down workers..."},
		{"[9] - Gracefully shutting down workers...\n[9] * Restarting...\n", "* Restarting..."},
		{"[9] - Gracefully shutting down workers...\n[9] * Restarting...\n[9] Puma starting in cluster mode...\n", ""},
		{"- Gracefully stopping, waiting for requests to finish\n", "- Gracefully stopping, waiting for requests to finish"},
		{"- Gracefully stopping, waiting for requests to finish\n* Restarting...\nPuma starting in single mode...\n", ""},
		{"what an application logs of Restarting... is nothing\n", ""},
	} {
		if got := lastTurn(tc.log); got != tc.want {
			t.Errorf("%q: %q, want %q", tc.log, got, tc.want)
		}
	}
}
