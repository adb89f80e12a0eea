package inventory

import (
	"cmp"
	"maps"
	"reflect"
	"slices"
	"strings"

	"pumatop/collector/config"
)

// inherit is what the inner level says, and the outer one where the inner says nothing. Options of ssh are taken one by
// one; a token has one source.
func inherit(inner, outer config.Reach) config.Reach {
	return config.Reach{
		App:       cmp.Or(inner.App, outer.App),
		State:     cmp.Or(inner.State, outer.State),
		Socket:    cmp.Or(inner.Socket, outer.Socket),
		Token:     orElse(inner.Token, outer.Token),
		Unit:      cmp.Or(inner.Unit, outer.Unit),
		Via:       cmp.Or(inner.Via, outer.Via),
		Become:    cmp.Or(inner.Become, outer.Become),
		Command:   orElse(inner.Command, outer.Command),
		Transport: cmp.Or(inner.Transport, outer.Transport),
		SSH: config.SSH{
			User:      cmp.Or(inner.SSH.User, outer.SSH.User),
			Port:      cmp.Or(inner.SSH.Port, outer.SSH.Port),
			Identity:  orElse(inner.SSH.Identity, outer.SSH.Identity),
			ProxyJump: cmp.Or(inner.SSH.ProxyJump, outer.SSH.ProxyJump),
			Options:   overlay(inner.SSH.Options, outer.SSH.Options),
		},
		Untrusted: slices.Concat(inner.Untrusted, outer.Untrusted),
	}
}

func inheritPace(inner, outer config.Pace) config.Pace {
	return config.Pace{
		Batch:          cmp.Or(inner.Batch, outer.Batch),
		Canary:         cmp.Or(inner.Canary, outer.Canary),
		MaxUnavailable: cmp.Or(inner.MaxUnavailable, outer.MaxUnavailable),
		Pause:          cmp.Or(inner.Pause, outer.Pause),
	}
}

// orElse is cmp.Or for what cannot be compared.
func orElse[T any](inner, outer T) T {
	if reflect.ValueOf(&inner).Elem().IsZero() {
		return outer
	}
	return inner
}

// overlay takes keywords of ssh, whose case does not count, from the inner map first.
func overlay(inner, outer map[string]string) map[string]string {
	if len(inner) == 0 || len(outer) == 0 {
		return orElse(inner, outer)
	}
	all := maps.Clone(inner)
	for key, value := range outer {
		if !hasKeyword(inner, key) {
			all[key] = value
		}
	}
	return all
}

// conflict is the first field in which two ways to one machine differ, by its name in the file. Which Puma is meant is
// no conflict: a host may have several.
func conflict(a, b any) string {
	x, y := reflect.ValueOf(a), reflect.ValueOf(b)
	for i := range x.NumField() {
		field := x.Type().Field(i)
		if field.Name == "App" || field.Name == "Untrusted" || field.Name == "State" || reflect.DeepEqual(x.Field(i).Interface(), y.Field(i).Interface()) {
			continue
		}
		name := field.Tag.Get("yaml")
		if field.Type.Kind() == reflect.Struct {
			name += "." + conflict(x.Field(i).Interface(), y.Field(i).Interface())
		}
		return name
	}
	return ""
}

func hasKeyword(options map[string]string, keyword string) bool {
	for key := range options {
		if strings.EqualFold(key, keyword) {
			return true
		}
	}
	return false
}
