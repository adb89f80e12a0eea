package doctor

import (
	"fmt"
	"slices"
	"strings"
)

// UnknownNameError is returned for a name that is neither the id of a check nor an area.
type UnknownNameError struct{ Name string }

func (e *UnknownNameError) Error() string { return fmt.Sprintf("there is no check named %q", e.Name) }

// Remedy says what names there are.
func (e *UnknownNameError) Remedy() string {
	return "name an id such as puma.preload, or an area: " + strings.Join(Areas(), ", ")
}

// Area is what stands before the dot of a check's id.
func (c Check) Area() string {
	area, _, _ := strings.Cut(c.ID, ".")
	return area
}

// Areas are those of all checks, in their order.
func Areas() []string {
	var out []string
	for _, c := range Checks() {
		if !slices.Contains(out, c.Area()) {
			out = append(out, c.Area())
		}
	}
	return out
}

// Choose keeps the checks that only names, all where it is empty, without those that skip names: ids or areas. Its error is
// an [UnknownNameError].
func Choose(checks []Check, only, skip []string) ([]Check, error) {
	for _, name := range slices.Concat(only, skip) {
		if !slices.ContainsFunc(checks, func(c Check) bool { return c.is(name) }) {
			return nil, &UnknownNameError{name}
		}
	}
	var out []Check
	for _, c := range checks {
		if (len(only) == 0 || slices.ContainsFunc(only, c.is)) && !slices.ContainsFunc(skip, c.is) {
			out = append(out, c)
		}
	}
	return out, nil
}

func (c Check) is(name string) bool { return c.ID == name || c.Area() == name }
