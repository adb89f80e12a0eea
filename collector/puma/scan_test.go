package puma

import (
	"reflect"
	"testing"
)

// agree compares what the scanner read with what encoding/json and normalise make of the same.
func agree(t *testing.T, body []byte) (scanned bool) {
	t.Helper()
	got, ok := scanStats(body)
	if !ok {
		return false
	}
	want, err := unmarshal(body)
	if err != nil {
		t.Fatalf("scanned %q, which is refused otherwise: %v", body, err)
	}
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("of %q the scanner made %+v, else it is %+v", body, got, want)
	}
	return true
}

// Every answer that was recorded is one that the scanner knows.
func TestScanRecorded(t *testing.T) {
	t.Parallel()
	for _, r := range recordings(t) {
		if _, err := unmarshal([]byte(r.Body)); !agree(t, []byte(r.Body)) && err == nil {
			t.Errorf("%s %s: left to encoding/json: %s", r.Version, r.Kind, r.Body)
		}
	}
}

func TestScanGivesUp(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		"", "null", "[]", `{"phase":0}x`, `{"phase":0`, `{"phase":0,}`, `{"phase":1,"phase":2}`, `{"Phase":1}`, `{"phase":1.0}`, `{"phase":1e3}`,
		`{"phase":01}`, `{"phase":-}`, `{"phase":null}`, `{"phase":"1"}`, `{"phase":1234567890123456789}`, `{"other":1}`,
		`{"started_at":"a\u0041"}`, "{\"started_at\":\"a\nb\"}", `{"started_at":"ä"}`, `{"started_at":1}`,
		`{"worker_status":[{}],"worker_status":[]}`, `{"worker_status":[{"booted":1}]}`, `{"worker_status":[{"last_status":{},"last_status":{}}]}`,
		`{"worker_status":[{"index":0,}]}`, `{"worker_status":[{}}`, `{"worker_status":[{},]}`,
		`{"versions":{"puma":"8","puma":"9"}}`, `{"versions":{"ruby":{"engine":"a","engine":"b"}}}`, `{"versions":{"ruby":{}},"versions":{}}`,
		`{"versions":{"ruby":{"engine":"a"},"ruby":{"engine":"b"}}}`,
	} {
		if _, ok := scanStats([]byte(body)); ok {
			t.Errorf("%s was read", body)
		}
	}
}

// FuzzScan looks for an answer that the scanner reads otherwise than encoding/json.
func FuzzScan(f *testing.F) {
	for _, r := range recordings(f) {
		f.Add([]byte(r.Body))
	}
	f.Add([]byte(`{ "versions" : {"puma":"8.0.2","ruby":{"engine":"ruby","version":"3.1","patchlevel":-0}},"worker_status":[],"workers":0}`))
	f.Fuzz(func(t *testing.T, body []byte) { agree(t, body) })
}

// BenchmarkUnmarshal16Workers is what BenchmarkDecode16Workers would take without the scanner.
func BenchmarkUnmarshal16Workers(b *testing.B) {
	body := []byte(clusterOf(16))
	b.ReportAllocs()
	for b.Loop() {
		if _, err := unmarshal(body); err != nil {
			b.Fatal(err)
		}
	}
}
