package sshconfig

import (
	"bytes"
	"context"
	"fmt"
	"os/exec"
	"regexp"
	"strconv"
)

// Release is a release of OpenSSH. The zero value is an ssh that does not say, or is none of OpenSSH's.
type Release struct{ Major, Minor int }

func (r Release) String() string {
	if r == (Release{}) {
		return "an ssh of unknown version"
	}
	return fmt.Sprintf("OpenSSH %d.%d", r.Major, r.Minor)
}

// AtLeast reports whether it is that release or a later one.
func (r Release) AtLeast(major, minor int) bool {
	return r.Major > major || r.Major == major && r.Minor >= minor
}

var releaseOf = regexp.MustCompile(`^OpenSSH_(?:for_Windows_)?(\d{1,3})\.(\d{1,3})`)

// ParseRelease reads what ssh -V prints: "OpenSSH_9.2p1 Debian-2+deb12u7, OpenSSL 3.0.17".
func ParseRelease(text []byte) Release {
	m := releaseOf.FindSubmatch(text)
	if m == nil {
		return Release{}
	}
	major, _ := strconv.Atoi(string(m[1]))
	minor, _ := strconv.Atoi(string(m[2]))
	return Release{major, minor}
}

// Release is that of the installed ssh, which is asked once.
func (c *Client) Release(ctx context.Context) Release {
	c.onceRelease.Do(func() {
		limited, cancel := context.WithTimeout(context.WithoutCancel(ctx), askLimit)
		defer cancel()
		cmd := exec.CommandContext(limited, c.path, "-V")
		var out bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &out
		isolate(cmd)
		cmd.WaitDelay = readLimit
		if cmd.Run() == nil {
			c.release = ParseRelease(out.Bytes())
		}
	})
	return c.release
}
