package puma

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"
)

// Version is a release of Puma. The zero value is an unknown one. A pre-release ("7.0.0.pre1") counts as its release.
type Version struct {
	Major, Minor, Patch int
	// text is the version as Puma wrote it.
	text string
}

// ParseVersion reads "6.4.3", "7.0.0.pre1" or "3.12": the first two or three numbers. A leading v is not Puma's.
func ParseVersion(s string) (Version, bool) {
	parts := strings.SplitN(s, ".", 4)
	if len(parts) < 2 || len(s) > 40 {
		return Version{}, false
	}
	var numbers [3]int
	for i, part := range parts[:min(len(parts), 3)] {
		n, err := strconv.ParseUint(part, 10, 16)
		if err != nil {
			return Version{}, false
		}
		numbers[i] = int(n)
	}
	if len(parts) == 4 && !isVersionSuffix(parts[3]) {
		return Version{}, false
	}
	v := Version{Major: numbers[0], Minor: numbers[1], Patch: numbers[2], text: s}
	return v, !v.IsZero()
}

// isVersionSuffix reports whether s can stand behind the third number: "pre1", "beta2", "rc.1".
func isVersionSuffix(s string) bool {
	for _, r := range s {
		if !isWordByte(r) && r != '.' && r != '-' {
			return false
		}
	}
	return s != ""
}

func isWordByte(r rune) bool {
	return r == '_' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
}

// IsZero reports whether no version is known.
func (v Version) IsZero() bool { return v.Major == 0 && v.Minor == 0 && v.Patch == 0 }

// AtLeast reports whether v is the given release or a later one. An unknown version is at least none.
func (v Version) AtLeast(major, minor, patch int) bool {
	return !v.IsZero() && cmp.Or(cmp.Compare(v.Major, major), cmp.Compare(v.Minor, minor), cmp.Compare(v.Patch, patch)) >= 0
}

// Same reports whether v and w are the same release, however they were written.
func (v Version) Same(w Version) bool {
	return v.Major == w.Major && v.Minor == w.Minor && v.Patch == w.Patch
}

// String is the version as Puma wrote it, empty where none is known.
func (v Version) String() string {
	switch {
	case v.text != "":
		return v.text
	case v.IsZero():
		return ""
	}
	return fmt.Sprintf("%d.%d.%d", v.Major, v.Minor, v.Patch)
}
