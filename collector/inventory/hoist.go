package inventory

import (
	"reflect"

	"pumatop/collector/config"
)

// hoist moves what all hosts of an environment say to the environment, and what all of a group say to the group, so that
// the configuration is as short as one that a person writes.
func hoist(env *config.Environment) {
	var all []*config.Reach
	for name, g := range env.Groups {
		for i := range g.Hosts {
			all = append(all, &g.Hosts[i].Reach)
		}
		env.Groups[name] = g
	}
	lift(&env.Reach, all)
	for name, g := range env.Groups {
		var own []*config.Reach
		for i := range g.Hosts {
			own = append(own, &g.Hosts[i].Reach)
		}
		if len(own) > 1 {
			lift(&g.Reach, own)
		}
		env.Groups[name] = g
	}
}

// lift moves what all of the inner levels say alike to the outer one.
func lift(outer *config.Reach, inner []*config.Reach) {
	if len(inner) == 0 {
		return
	}
	list := make([]reflect.Value, len(inner))
	for i, r := range inner {
		list[i] = reflect.ValueOf(r).Elem()
	}
	liftFields(reflect.ValueOf(outer).Elem(), list)
}

func liftFields(outer reflect.Value, inner []reflect.Value) {
	for i := range outer.NumField() {
		fields := make([]reflect.Value, len(inner))
		for j, r := range inner {
			fields[j] = r.Field(i)
		}
		if outer.Type().Field(i).Type == reflect.TypeFor[config.SSH]() {
			liftFields(outer.Field(i), fields)
			continue
		}
		same := true
		for _, f := range fields {
			same = same && !f.IsZero() && reflect.DeepEqual(f.Interface(), fields[0].Interface())
		}
		if same {
			outer.Field(i).Set(fields[0])
			for _, f := range fields {
				f.SetZero()
			}
		}
	}
}
