package collector_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"pumatop/collector"
	"pumatop/collector/puma"
	"pumatop/collector/pumatest"
)

// kept is a source that returns the given tokens one after another, the last one for ever; "" is an error.
type kept struct {
	tokens  []string
	read    int // written in the bubble, read when it rests
	refused []puma.Token
}

func (k *kept) from(_ context.Context, refused puma.Token) (puma.Token, string, error) {
	text := k.tokens[min(k.read, len(k.tokens)-1)]
	k.read++
	k.refused = append(k.refused, refused)
	if text == "" {
		return puma.Token{}, "", errors.New("the vault is locked")
	}
	return puma.NewToken(text), "others may read it", nil
}

// A token is read once, and once more when it turns out wrong; one that cannot be read is asked for again later.
func TestTokenSource(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		name  string
		mute  bool
		bare  bool // of address and app: for each control app that the host shows
		kept  []string
		state collector.State
		read  int
		note  string
	}{
		{name: "right", mute: true, kept: []string{"s3cret"}, state: collector.Serving, read: 1, note: "others may read it"},
		{name: "right, at what the host shows", bare: true, kept: []string{"s3cret"}, state: collector.Serving, read: 1, note: "others may read it"},
		{name: "right at last", mute: true, kept: []string{"old", "s3cret"}, state: collector.Serving, read: 2, note: "others may read it"},
		{name: "right at last, at what the host shows", bare: true, kept: []string{"old", "s3cret"}, state: collector.Serving, read: 2, note: "others may read it"},
		{name: "wrong", mute: true, kept: []string{"old"}, state: collector.NoControl, read: 2, note: "others may read it"},
		{name: "wrong, and another", mute: true, kept: []string{"old", "older"}, state: collector.NoControl, read: 2, note: "others may read it"},
		{name: "wrong, though the state file is right", bare: true, kept: []string{"old"}, state: collector.NoControl, read: 2, note: "others may read it"},
		{name: "out of reach for a while", mute: true, kept: []string{"", "", "s3cret"}, state: collector.Serving, read: 3, note: "others may read it"},
		{name: "out of reach, as the state file is not", bare: true, kept: []string{""}, state: collector.Serving, read: 11,
			note: "the token could not be read: the vault is locked"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				fleet := oneShop(pumatest.Config{})
				fleet.Host("web1").RefuseCommands(tc.mute)
				k := &kept{tokens: tc.kept}
				control := controlAt("shop", "", false)[0]
				if control.From = k.from; tc.bare {
					control = collector.Control{From: k.from}
				}
				c := collectNamed(t, fleet.Options(), nil, []collector.Control{control}, "web1")
				time.Sleep(10 * time.Minute)
				synctest.Wait()
				s, _ := c.Fleet().Target("web1/shop")
				if s.State != tc.state || k.read != tc.read {
					t.Errorf("%s (%s), read %d times", s.State, s.Reason, k.read)
				}
				notes := c.Fleet().Hosts[0].Notes
				if len(notes) == 0 || notes[len(notes)-1].Text != tc.note {
					t.Errorf("notes %+v", notes)
				}
				if len(tc.kept) == 2 && len(k.refused) > 1 && k.refused[1] != puma.NewToken("old") {
					t.Error("the source is not told which token was refused")
				}
			})
		})
	}
}
