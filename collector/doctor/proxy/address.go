package proxy

import (
	"net"
	"strconv"
	"strings"
)

func decimal(s string) (float64, bool) {
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil && s != "" && f >= 0
}

// hostPort reads "host:port", "[::1]:port", "host" and ":port". Without a port it is fallback.
func hostPort(s, fallback string) (Address, bool) {
	host, port, err := net.SplitHostPort(s)
	if err != nil {
		host, port = strings.Trim(s, "[]"), fallback
		if strings.ContainsAny(host, "/ ") || host == "" || strings.Count(host, ":") == 1 {
			return Address{}, false
		}
	}
	if host == "" {
		host = "localhost"
	}
	if n, err := strconv.ParseUint(port, 10, 16); err != nil || n == 0 {
		return Address{}, false
	}
	return Address{Host: strings.ToLower(host), Port: port}, true
}

// webURL reads "http://host:port/path" as far as it says where.
func webURL(s string) (Address, bool) {
	scheme, rest, ok := strings.Cut(s, "://")
	if !ok {
		return Address{}, false
	}
	port := "80"
	switch strings.ToLower(scheme) {
	case "http", "ws", "h2c":
	case "https", "wss", "h2":
		port = "443"
	default:
		return Address{}, false
	}
	host, _, _ := strings.Cut(rest, "/")
	host, _, _ = strings.Cut(host, "?")
	return hostPort(host, port)
}
