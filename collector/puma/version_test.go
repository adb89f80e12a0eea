package puma

import "testing"

func TestParseVersion(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct {
		in   string
		want Version
		ok   bool
	}{
		{"6.4.3", Version{Major: 6, Minor: 4, Patch: 3, text: "6.4.3"}, true},
		{"3.12", Version{Major: 3, Minor: 12, text: "3.12"}, true},
		{"7.0.0.pre1", Version{Major: 7, text: "7.0.0.pre1"}, true},
		{"5.0.0.rc.1", Version{Major: 5, text: "5.0.0.rc.1"}, true},
		{"6", Version{}, false},
		{"", Version{}, false},
		{"0.0.0", Version{text: "0.0.0"}, false},
		{"6.4.x", Version{}, false},
		{"6.-4.3", Version{}, false},
		{"6.4.3.", Version{}, false},
		{"6.4.3.\x1b[31m", Version{}, false},
		{"99999999.1.1", Version{}, false},
		{"-C", Version{}, false},
	} {
		got, ok := ParseVersion(tc.in)
		if ok != tc.ok || ok && got != tc.want {
			t.Errorf("ParseVersion(%q) = %+v, %v, want %+v, %v", tc.in, got, ok, tc.want, tc.ok)
		}
		if ok && got.String() != tc.in {
			t.Errorf("String of %q = %q", tc.in, got)
		}
	}
}

func TestVersionAtLeast(t *testing.T) {
	t.Parallel()
	v := Version{Major: 6, Minor: 6, Patch: 1}
	for _, tc := range []struct {
		major, minor, patch int
		want                bool
	}{
		{6, 6, 1, true}, {6, 6, 0, true}, {6, 4, 9, true}, {5, 9, 9, true},
		{6, 6, 2, false}, {6, 7, 0, false}, {7, 0, 0, false},
	} {
		if got := v.AtLeast(tc.major, tc.minor, tc.patch); got != tc.want {
			t.Errorf("6.6.1 at least %d.%d.%d: %v", tc.major, tc.minor, tc.patch, got)
		}
	}
	if (Version{}).AtLeast(0, 0, 0) {
		t.Error("an unknown version is at least something")
	}
	if got := v.String(); got != "6.6.1" {
		t.Errorf("a version without text is %q", got)
	}
	if (Version{}).String() != "" {
		t.Error("an unknown version has a text")
	}
}
