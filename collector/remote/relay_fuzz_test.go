package remote

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"testing"
)

// A line of a relay's is foreign text. What is taken for one can be said again in the same words.
func FuzzParseRelayed(f *testing.F) {
	for _, line := range []string{
		"opened 1", "data 2 SGVsbG8=", "data 3 ", "end 4", "error 5 ENOENT", "error 6 UNRESOLVED", "", "opened", "opened -1",
		"error 7 no such file", "data 8 SGVsbG8", "end 18446744073709551616", "relay 1 ruby streams",
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		a, err := parseRelayed(line)
		if err != nil {
			return
		}
		said := fmt.Sprintf("%s %d", a.verb, a.id)
		switch a.verb {
		case "data":
			said += " " + base64.StdEncoding.EncodeToString(a.data)
		case "error":
			said += " " + a.word
		}
		again, err := parseRelayed([]byte(said))
		if err != nil || again.verb != a.verb || again.id != a.id || again.word != a.word || !bytes.Equal(again.data, a.data) {
			t.Errorf("%q is %+v, and %q %+v, %v", line, a, said, again, err)
		}
	})
}
