package probe

import (
	"errors"
	"io"
	"maps"
	"strings"
	"testing"
	"time"

	"pumatop/collector/puma"
)

// sampled is what a host with Puma 8.0 printed; one of the pids asked for was dead.
const sampled = `
Last login: Sat Nov 21 21:44:09 2026

pumatop-sample 1	100	4096	1795297142.421959385	2061.49
sample	2061.97
stat	389 S 21 3 196399 7736
pss	389	12715
stat	394 S 1 1 196485 6577
ss	Netid State Recv-Q Send-Q Local Address:Port Peer Address:Port
ss	u_str LISTEN 3 1024 /srv/shop/shared/tmp/sockets/puma.sock 249930 * 0
ss	u_str LISTEN 0 4096 /run/ssh-unix-local/socket 54940 * 0
ss	tcp LISTEN 5 128 0.0.0.0:22 0.0.0.0:*
ss	tcp LISTEN 2 128 127.0.0.1:9292 0.0.0.0:*
ss	tcp LISTEN 0 511 *:80 *:*
ss	tcp LISTEN 0 4096 127.0.0.53%lo:53 0.0.0.0:*
end
sample	2062.47
stat	389 S 22 3 196399 7740
stat	399 Z 0 0 196486 0
tcp	0: 0100007F:240C 00000000:0000 0A 00000000:00000007 00:00000000 00000000 0 0 51967 1
end
`

func TestSampleReader(t *testing.T) {
	t.Parallel()
	r := NewSampleReader(strings.NewReader(sampled))
	one, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	began := time.Unix(1795297142, 421959385).UTC()
	boot := began.Add(-2061490 * time.Millisecond)
	if !one.Clock.Equal(began.Add(480 * time.Millisecond)) {
		t.Errorf("clock is %v", one.Clock)
	}
	want := map[int]Usage{
		389: {
			RSS: puma.Of(7736 * 4096), PSS: puma.Of(12715 * 1024), CPU: 240 * time.Millisecond,
			Started: boot.Add(1963990 * time.Millisecond),
		},
		394: {RSS: puma.Of(6577 * 4096), CPU: 20 * time.Millisecond, Started: boot.Add(1964850 * time.Millisecond)},
	}
	if !maps.Equal(one.Processes, want) {
		t.Errorf("processes are %v, want %v", one.Processes, want)
	}
	queues := map[string]int64{
		"unix:///srv/shop/shared/tmp/sockets/puma.sock": 3, "tcp://0.0.0.0:22": 5, "tcp://127.0.0.1:9292": 2,
		"ssl://127.0.0.1:9292": 2, "tcp://localhost:9292": 2, "tcp://[::]:80": 0,
	}
	for listener, n := range queues {
		if got, ok := one.Queues[listener]; !ok || got != n {
			t.Errorf("at %s %d wait (known %v), want %d", listener, got, ok, n)
		}
	}
	two, err := r.Next()
	if err != nil {
		t.Fatal(err)
	}
	if got := two.Clock.Sub(one.Clock); got != 500*time.Millisecond {
		t.Errorf("the samples are %v apart", got)
	}
	if _, zombie := two.Processes[399]; zombie || len(two.Processes) != 1 {
		t.Errorf("processes are %v: a zombie is no process", two.Processes)
	}
	equal(t, "queue by /proc/net/tcp", two.Queues["tcp://127.0.0.1:9228"], 7)
	if _, err := r.Next(); !errors.Is(err, io.EOF) {
		t.Errorf("after the last sample: %v, want io.EOF", err)
	}
}

// A stream that ends within an answer gives no half a sample: missing pids are taken for dead processes.
func TestSampleCutOff(t *testing.T) {
	t.Parallel()
	whole := strings.TrimSuffix(sampled, "end\n")
	begin := strings.Index(sampled, "sample\t2062.47") + 3
	for n := begin; n < len(whole); n++ {
		r := NewSampleReader(strings.NewReader(whole[:n]))
		if _, err := r.Next(); err != nil {
			t.Fatal(err)
		}
		if s, err := r.Next(); !errors.Is(err, io.ErrUnexpectedEOF) {
			t.Fatalf("cut at byte %d: %v, %v", n, s, err)
		}
	}
}

func TestSampleBounds(t *testing.T) {
	t.Parallel()
	start := "pumatop-sample 1\t100\t4096\t1795297142.4\t2061.49\n"
	tests := map[string]string{
		"a line without end":   start + "sample\t1.0\n" + strings.Repeat("x", maxSampleLine+1),
		"a sample without end": start + "sample\t1.0\n" + strings.Repeat("x\n", maxSampleLines),
		"noise without end":    strings.Repeat("welcome\n", maxSampleLines),
	}
	for what, text := range tests {
		if _, err := NewSampleReader(strings.NewReader(text)).Next(); !errors.Is(err, ErrSampleSize) {
			t.Errorf("%s: %v, want ErrSampleSize", what, err)
		}
	}
}

func TestSampleRequest(t *testing.T) {
	t.Parallel()
	equal(t, "plain", string(AppendSampleRequest(nil, []int{31, 47}, false, false)), "31 47 \n")
	equal(t, "all", string(AppendSampleRequest([]byte("..")[:0], []int{31}, true, true)), "pss 31 queues\n")
}

func TestEncodeSample(t *testing.T) {
	t.Parallel()
	boot := time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC)
	began, up := boot.Add(time.Hour), time.Hour
	want := Sample{
		Clock: began.Add(3 * time.Second),
		Processes: map[int]Usage{
			7: {RSS: puma.Of(50 << 20), PSS: puma.Of(20 << 20), CPU: 1500 * time.Millisecond, Started: boot.Add(time.Minute)},
			8: {RSS: puma.Of(60 << 20), CPU: 0, Started: boot},
		},
		Queues: map[string]int64{"unix:///srv/shop/puma one.sock": 4, "unix://@shop": 1},
	}
	out := append(SampleStart(began, up), want.Encode(began, up)...)
	got, err := NewSampleReader(strings.NewReader(string(out))).Next()
	if err != nil {
		t.Fatal(err)
	}
	if !got.Clock.Equal(want.Clock) || !maps.Equal(got.Processes, want.Processes) || !maps.Equal(got.Queues, want.Queues) {
		t.Errorf("read\n%v, want\n%v", got, want)
	}
}

func FuzzSampleReader(f *testing.F) {
	f.Add(sampled)
	f.Add("pumatop-sample 1\t0\t-1\tx\t\nsample\t\nstat\t1 S 9999999999999999999 1 1 1\npss\t1\t99999999999999\nend\n")
	f.Fuzz(func(t *testing.T, text string) {
		if strings.Count(text, "\n") < maxSampleLines && len(text) < maxSampleLine {
			agree(t, text)
		}
		r := NewSampleReader(strings.NewReader(text))
		for range 100 {
			s, err := r.Next()
			if err != nil {
				return
			}
			for pid, u := range s.Processes {
				if pid <= 0 || u.CPU < 0 || u.RSS.N < 0 || u.PSS.N < 0 {
					t.Errorf("pid %d: %+v", pid, u)
				}
			}
			for l, n := range s.Queues {
				if n < 0 {
					t.Errorf("at %q %d wait", l, n)
				}
				safe(t, l)
			}
		}
	})
}
