package inventory

import "strings"

// nearest is the name that s is a slip of the pen of: at most two letters away, and less than half of it.
func nearest(s string, names []string) string {
	best, found := min(2, (len(s)-1)/2)+1, ""
	for _, name := range names {
		if d := distance(strings.ToLower(s), strings.ToLower(name)); d < best {
			best, found = d, name
		}
	}
	return found
}

// distance counts letters that are wrong, missing, too many or swapped with the next.
func distance(a, b string) int {
	if len(a) > 64 || len(b) > 64 {
		return len(a) + len(b)
	}
	var before []int
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		next := make([]int, len(b)+1)
		next[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			next[j+1] = min(row[j]+cost, row[j+1]+1, next[j]+1)
			if i > 0 && j > 0 && a[i] == b[j-1] && a[i-1] == b[j] {
				next[j+1] = min(next[j+1], before[j-1]+1)
			}
		}
		before, row = row, next
	}
	return row[len(b)]
}
