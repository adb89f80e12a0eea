package probe

import (
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// texts calls f with every string in v, whatever it is in and whether it is exported.
func texts(v reflect.Value, at string, f func(at, s string)) {
	switch v.Kind() {
	case reflect.String:
		f(at, v.String())
	case reflect.Struct:
		for i := range v.NumField() {
			texts(v.Field(i), at+"."+v.Type().Field(i).Name, f)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			texts(v.Index(i), at+"[]", f)
		}
	case reflect.Map:
		for i := v.MapRange(); i.Next(); {
			texts(i.Key(), at+"[key]", f)
			texts(i.Value(), at+"[]", f)
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() && !strings.HasPrefix(v.Type().String(), "*time.") {
			texts(v.Elem(), at, f)
		}
	default:
	}
}

func address(s string) uintptr { return uintptr(unsafe.Pointer(unsafe.StringData(s))) }

// bodies is where the text of a report lies, of which its bodies are parts.
func bodies(r Report) (from, to uintptr) {
	from = ^uintptr(0)
	body := func(_, s string) {
		if s != "" {
			from, to = min(from, address(s)), max(to, address(s)+uintptr(len(s)))
		}
	}
	for _, u := range r.Units {
		texts(reflect.ValueOf(u.Properties), "", body)
	}
	for _, p := range r.Processes {
		texts(reflect.ValueOf([][]string{p.Journal, p.Config.Lines}), "", body)
	}
	for _, c := range r.Containers {
		texts(reflect.ValueOf([][]string{c.Properties, c.Inside, c.Log}), "", body)
	}
	return from, to
}

// TestHostKeepsNoReport: what is known of a host is looked at for hours, and the report that it was read from is ten times as
// long.
func TestHostKeepsNoReport(t *testing.T) {
	t.Parallel()
	reports := map[string][]byte{"simulated": simulated(time.Unix(1790000000, 0)).Encode()}
	all, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	for _, name := range all {
		if reports[name], err = os.ReadFile(name); err != nil {
			t.Fatal(err)
		}
	}
	for name, out := range reports {
		d := newDecoder()
		r, err := d.decode(out)
		if err != nil {
			t.Fatal(name, err)
		}
		from, to := bodies(r)
		if from >= to || to-from > uintptr(len(out)) || int(to-from) < len(out)/4 {
			t.Fatalf("%s: of %d bytes the bodies take %d", name, len(out), to-from)
		}
		h := r.Host()
		texts(reflect.ValueOf(h), "", func(at, s string) {
			if a := address(s); s != "" && a >= from && a < to {
				t.Errorf("%s: %s keeps the report: %q", name, at, s)
			}
		})
	}
}

// TestEqualTextsAreOne: what is the same for sixteen workers is there once.
func TestEqualTextsAreOne(t *testing.T) {
	t.Parallel()
	p := recorded(t, "web2").Pumas[0]
	for _, w := range p.Workers {
		if w.Release != p.Release || address(w.Release) != address(p.Release) {
			t.Errorf("worker %d has another text for %s", w.Index, p.Release)
		}
	}
}

// TestDecodersForget: a report that is read into what another left is as if it was the first.
func TestDecodersForget(t *testing.T) {
	t.Parallel()
	all, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatal(all, err)
	}
	used := newDecoder()
	for range 2 {
		for _, name := range all {
			out, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			got, err := used.decode(out)
			want, errWant := Decode(out)
			if err != nil || errWant != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s: %v, %v; read\n%+v, want\n%+v", name, err, errWant, got, want)
			}
			if !reflect.DeepEqual(got.Host(), want.Host()) {
				t.Errorf("%s: another host", name)
			}
			used.reset()
			if _, err := used.decode(out[:len(out)/2]); err == nil {
				t.Errorf("%s: half of it is whole", name)
			}
			used.reset()
		}
	}
}
