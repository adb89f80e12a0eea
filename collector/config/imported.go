package config

import (
	"maps"
	"reflect"
	"slices"
)

// ofAnotherTool marks a withheld setting that is in no file of pumatop's, which cannot be trusted as it is.
const ofAnotherTool = ", of another tool"

// Withhold is r without what needs trust, for files of other tools: they come with a clone, too. Where it was is in
// Untrusted.
func (r Reach) Withhold(at Origin) Reach {
	hold := func(key string) {
		r.Untrusted = append(slices.Clip(r.Untrusted), key+" ("+at.String()+ofAnotherTool+")")
	}
	if len(r.Command) > 0 {
		hold("command")
		r.Command = nil
	}
	if !reflect.ValueOf(r.Token).IsZero() {
		hold("token")
		r.Token = Token{}
	}
	if r.Socket != "" && !localControl.MatchString(r.Socket) {
		hold("socket")
		r.Socket = ""
	}
	kept := map[string]string{}
	for _, key := range slices.Sorted(maps.Keys(r.SSH.Options)) {
		if !harms(key, r.SSH.Options[key]) {
			kept[key] = r.SSH.Options[key]
		} else {
			hold("ssh.options." + key)
		}
	}
	if len(kept) < len(r.SSH.Options) {
		r.SSH.Options = kept
	}
	return r
}
