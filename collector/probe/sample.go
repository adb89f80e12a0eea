package probe

import (
	"bytes"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"time"

	"pumatop/collector/clean"
	"pumatop/collector/puma"
)

// SampleScript is a long-lived shell for a stream: it answers each line of AppendSampleRequest on its stdin with one sample, and ends
// with its stdin.
func SampleScript() string { return load("script/sample.sh") }

// AppendSampleRequest appends to b the line that asks for one sample of the given processes: memory and CPU always; pss
// asks for proportional memory too, for which the kernel walks the pages of each process, so ask for it rarely; queues for
// the listen queues of all sockets, which starts one ss on the host.
func AppendSampleRequest(b []byte, pids []int, pss, queues bool) []byte {
	if pss {
		b = append(b, "pss "...)
	}
	for _, pid := range pids {
		b = append(strconv.AppendInt(b, int64(pid), 10), ' ')
	}
	if queues {
		b = append(b, "queues"...)
	}
	return append(b, '\n')
}

// Sample is one answer of the sampler.
type Sample struct {
	// Clock is when it was taken: the host's clock of when the sampler started, carried on by the time since its
	// boot, so that two samples are apart what really passed, whatever sets the clock meanwhile.
	Clock time.Time
	// Processes are those of the request that live, by pid. One that is not here is dead.
	Processes map[int]Usage
	// Queues are the connections that wait in the kernel, by listener as in Puma.Listeners. A unix socket is missing
	// where the host has no ss; empty where queues were not asked for.
	Queues map[string]int64

	room *sampleRoom // that the maps belong to
}

// Usage is what one process has of the host.
type Usage struct {
	// RSS and PSS are bytes: resident memory, in which pages that processes share count for each of them, and
	// proportional, in which they are shared out. PSS is missing where it was not asked for or may not be read.
	RSS, PSS puma.Count
	// CPU is user and system time since the process was started, in steps of 10 ms on most kernels.
	CPU time.Duration
	// Started is when the process was started, by the host's clock; a full restart does not change it, a pid that was
	// given again does.
	Started time.Time
}

// clockwork is what a sampler says of itself first: the units that the kernel counts in.
type clockwork struct {
	ticks, page int64
	// at is the host's clock when it had been up for up.
	at time.Time
	up time.Duration
}

// parseClockwork reads "TICKS PAGESIZE EPOCH UPTIME". A host without getconf has what nearly all have.
func parseClockwork(fields []string) (clockwork, bool) {
	c := clockwork{ticks: 100, page: 4096}
	if len(fields) != 4 {
		return c, false
	}
	if n, err := strconv.ParseInt(fields[0], 10, 32); err == nil && n >= 10 {
		c.ticks = n
	}
	if n, err := strconv.ParseInt(fields[1], 10, 32); err == nil && n > 0 {
		c.page = n
	}
	c.at = clock(fields[2])
	c.up = uptime(fields[3])
	return c, !c.at.IsZero()
}

// uptime reads the first field of /proc/uptime: "243.71".
func uptime(s string) time.Duration {
	whole, fraction, _ := strings.Cut(s, ".")
	n, err := strconv.ParseInt(whole, 10, 32)
	if err != nil || n < 0 {
		return 0
	}
	return time.Duration(n)*time.Second + time.Duration(fractionOf(fraction))
}

func (c clockwork) clock(up time.Duration) time.Time { return c.at.Add(up - c.up) }

// duration is n clock ticks.
func (c clockwork) duration(n int64) time.Duration {
	return time.Duration(n/c.ticks)*time.Second + time.Duration(n%c.ticks)*time.Second/time.Duration(c.ticks)
}

// maxTicks keeps foreign numbers from overflowing; it is ten years, or 128 TiB in pages.
const maxTicks = 1 << 35

// parseStat reads what the sampler takes from /proc/PID/stat: pid, state, user and system time and start in ticks, and
// resident pages.
func (c clockwork) parseStat(line []byte) (pid int, u Usage, ok bool) {
	var f [7][]byte
	if fields(line, f[:]) != 6 || string(f[1]) == "Z" || string(f[1]) == "X" { // a zombie has ended; only its parent has not looked yet
		return 0, Usage{}, false
	}
	pid, err := strconv.Atoi(string(f[0]))
	if err != nil || pid <= 0 {
		return 0, Usage{}, false
	}
	var n [4]int64 // user, system, start, pages
	for i, text := range f[2:6] {
		n[i], err = strconv.ParseInt(string(text), 10, 64)
		if err != nil || n[i] < 0 || n[i] > maxTicks {
			return 0, Usage{}, false
		}
	}
	return pid, Usage{
		RSS: puma.Of(n[3] * c.page), CPU: c.duration(n[0] + n[1]), Started: c.clock(c.duration(n[2])),
	}, true
}

// fields cuts a line at its blanks and returns how many fields it has, as far as there is room for them.
func fields(line []byte, into [][]byte) (n int) {
	for ; n < len(into); n++ {
		line = bytes.TrimLeft(line, " \t\r\v\f")
		if len(line) == 0 {
			break
		}
		end := bytes.IndexAny(line, " \t\r\v\f")
		if end < 0 {
			end = len(line)
		}
		into[n], line = line[:end], line[end:]
	}
	return n
}

// split cuts a line at each single space, the last part being all that there is no room for.
func split(line []byte, into [][]byte) (n int) {
	for n = 0; n < len(into)-1; n++ {
		before, behind, found := bytes.Cut(line, []byte(" "))
		if !found {
			break
		}
		into[n], line = before, behind
	}
	into[n] = line
	return n + 1
}

// socketText is a listening socket as the host writes it.
type socketText struct {
	kind socketKind
	text string
}

type socketKind byte

const (
	unixSocket   socketKind = iota // a path, as ss has it
	tcpSocket                      // an address, as ss has it
	kernelSocket                   // one in /proc/net/tcp
)

// parseSS reads a line of `ss -xlnt`, its columns apart by one space: "u_str LISTEN 0 1024 /srv/puma.sock 51967 * 0".
func parseSS(line []byte) (kind socketKind, socket []byte, waiting int64, ok bool) {
	var f [5][]byte // the last has the address and what follows
	if split(line, f[:]) < 5 || string(f[1]) != "LISTEN" {
		return 0, nil, 0, false
	}
	waiting, err := strconv.ParseInt(string(f[2]), 10, 32)
	if err != nil || waiting < 0 {
		return 0, nil, 0, false
	}
	switch string(f[0]) {
	case "u_str":
		path := f[4] // which may have spaces
		for range 3 {
			end := bytes.LastIndexByte(path, ' ')
			if end < 0 {
				return 0, nil, 0, false
			}
			path = path[:end]
		}
		return unixSocket, path, waiting, true
	case "tcp":
		address, _, more := bytes.Cut(f[4], []byte(" "))
		return tcpSocket, address, waiting, more
	}
	return 0, nil, 0, false
}

// parseTCP reads a line of /proc/net/tcp, its columns apart by one space: of a listening socket the second half of the
// queues is what waits.
func parseTCP(line []byte) (socket []byte, waiting int64, ok bool) {
	var f [6][]byte
	if split(line, f[:]) < 5 || string(f[3]) != "0A" {
		return nil, 0, false
	}
	_, queue, _ := bytes.Cut(f[4], []byte(":"))
	n, err := strconv.ParseUint(string(queue), 16, 31)
	return f[1], int64(n), err == nil
}

// listeners are the words that the title of a Puma may have for the socket; none for one that cannot be read.
func (s socketText) listeners() []string {
	switch s.kind {
	case unixSocket:
		return []string{"unix://" + clean.Line(s.text)}
	case kernelSocket:
		if ap, ok := kernelAddress(s.text); ok {
			return tcpListeners(ap)
		}
	case tcpSocket:
		host, text, err := net.SplitHostPort(s.text)
		port, errPort := strconv.ParseUint(text, 10, 16)
		if err != nil || errPort != nil {
			return nil
		}
		host, _, _ = strings.Cut(host, "%") // "127.0.0.53%lo"
		if host == "*" {
			host = "::" // ss's word for a socket that takes both protocols
		}
		if addr, err := netip.ParseAddr(host); err == nil {
			return tcpListeners(netip.AddrPortFrom(addr, uint16(port)))
		}
	}
	return nil
}

// tcpListeners are the ways a title may name a socket.
func tcpListeners(ap netip.AddrPort) []string {
	hosts := []string{ap.Addr().Unmap().String()}
	if ap.Addr().IsLoopback() {
		hosts = append(hosts, "localhost")
	}
	port := strconv.Itoa(int(ap.Port()))
	var out []string
	for _, h := range hosts {
		out = append(out, "tcp://"+net.JoinHostPort(h, port), "ssl://"+net.JoinHostPort(h, port))
	}
	return out
}

// pids of a sample in order, for encoding.
func (s Sample) pids() []int {
	out := make([]int, 0, len(s.Processes))
	for pid := range s.Processes {
		out = append(out, pid)
	}
	slices.Sort(out)
	return out
}
