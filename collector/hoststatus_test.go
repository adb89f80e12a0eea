package collector

import (
	"reflect"
	"testing"
	"time"
)

// TestStatusSame: whatever is new about a host is published, so that no field may be left out.
func TestStatusSame(t *testing.T) {
	t.Parallel()
	was := HostStatus{}
	if !was.same(&HostStatus{}) {
		t.Error("nothing is new, and it is called so")
	}
	for i := range reflect.TypeFor[HostStatus]().NumField() {
		var is HostStatus
		field := reflect.ValueOf(&is).Elem().Field(i)
		switch v := field.Addr().Interface().(type) {
		case *string:
			*v = "x"
		case *bool:
			*v = true
		case *int:
			*v = 1
		case *time.Time:
			*v = time.Unix(1, 0)
		case *[]string:
			*v = []string{"x"}
		case *[]Note:
			*v = []Note{{Remedy: "x"}}
		default:
			t.Fatalf("no other value for a %T", v)
		}
		if was.same(&is) {
			t.Errorf("another %s passes for nothing new", reflect.TypeFor[HostStatus]().Field(i).Name)
		}
	}
}
