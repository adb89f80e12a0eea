package pumatest

import (
	"fmt"
	"math/rand/v2"
	"time"
)

const (
	second        = time.Second
	releaseLayout = "20060102150405"
)

// DefaultHosts and DefaultWorkers are the demo's: every preset once.
const (
	DefaultHosts   = 10
	DefaultWorkers = 4
)

// missingKey is what keeps a release from booting where the deploy forgot a variable: on that host alone.
func missingKey() *Failure {
	return &Failure{
		Class: "KeyError", Message: `key not found: "PAYMENT_API_KEY"`,
		Where: "config/initializers/payment.rb:4:in `fetch'",
	}
}

// NewFleet is the demo's fleet: hosts that each have a weakness of their own, then healthy ones, with the given
// number of workers in each cluster. What a phased reload comes to where:
//
//	web1     verified: a new release waits behind `current`
//	web2     crash loop: the same release lacks a variable there; a minute later a mended one waits
//	web3     not running, and can be started
//	api1     preloads, and says so: a full restart; its workers can be reforked
//	pay1     preloads when a variable says so, which nothing shows: restarted instead
//	tools1   admin in single mode; reports, whose long requests are killed when their time is over
//	media1   boots so slowly that it is not done when the time is over
//	search1  stuck: a hook of its configuration hangs the master
//	cms1     old code: its directory is frozen; and a blog on Puma 4
//	edge1    lost: the network goes down in the middle; and a status page whose start systemd skips: not running
func NewFleet(seed uint64, hosts, workers int) *Fleet {
	b := newBuilder(seed, workers)
	presets := []func() *Host{
		b.web1, b.web2, b.web3, b.api1, b.pay1, b.tools1, b.media1, b.search1, b.cms1, b.edge1,
	}
	var all []*Host
	for i := range hosts {
		if i < len(presets) {
			all = append(all, presets[i]())
			continue
		}
		all = append(all, b.healthy(i-len(presets)))
	}
	return FleetOf(all...)
}

type builder struct {
	now     time.Time
	random  *rand.Rand
	workers int
}

func newBuilder(seed uint64, workers int) *builder {
	return &builder{now: time.Now(), random: rand.New(rand.NewPCG(seed, 41)), workers: max(workers, 1)}
}

func (b *builder) between(low, high time.Duration) time.Duration {
	return low + time.Duration(b.random.Int64N(int64(high-low)))
}

// cluster is a healthy cluster of some days, three quarters busy at its peaks.
func (b *builder) cluster(app, version string) Config {
	c := Config{
		App: app, Version: version, Workers: b.workers, MinThreads: 5, MaxThreads: 5,
		Uptime: b.between(3*time.Hour, 200*time.Hour), Phase: b.random.IntN(6),
	}
	service := b.between(35*time.Millisecond, 90*time.Millisecond)
	use := 0.25 + 0.3*b.random.Float64()
	c.Load = Load{Rate: use * float64(5*b.workers) / service.Seconds(), Service: service, Swing: 0.3 + 0.3*b.random.Float64()}
	c.Releases = []Release{b.release(c.Uptime+2*time.Minute, b.between(900*time.Millisecond, 2600*time.Millisecond))}
	return c
}

func (b *builder) release(age, boot time.Duration) Release {
	return Release{
		Name: b.now.Add(-age).UTC().Format(releaseLayout), Boot: boot,
		Revision: fmt.Sprintf("%016x%016x%08x", b.random.Uint64(), b.random.Uint64(), b.random.Uint32()),
	}
}

// waiting is c with a newer release behind `current` that nothing runs yet.
func (b *builder) waiting(c Config, change func(*Release)) Config {
	next := b.release(waitingSince, c.Releases[0].Boot)
	if change != nil {
		change(&next)
	}
	c.Running = c.Releases[0].Name
	c.Releases = append(c.Releases, next)
	return c
}

// waitingSince is how long ago the last deploy was.
const waitingSince = 6 * time.Minute

func (b *builder) host(name string, pumas ...Config) *Host {
	return NewHost(name+".shop", b.random.Uint64(), pumas...)
}

func (b *builder) web1() *Host {
	return b.host("web1", b.waiting(b.cluster("shop", "6.6.1"), nil))
}

func (b *builder) web2() *Host {
	c := b.waiting(b.cluster("shop", "6.6.1"), func(r *Release) {
		r.Failure, r.Boot = missingKey(), 220*time.Millisecond
	})
	c.MendedAfter = time.Minute
	return b.host("web2", c)
}

func (b *builder) web3() *Host {
	c := b.cluster("shop", "6.6.1")
	c.Stopped, c.UserUnit = true, true
	return b.host("web3", c)
}

func (b *builder) api1() *Host {
	c := b.cluster("api", "7.2.1")
	c.Preload, c.Phase, c.ForkWorker = PreloadConfig, 0, true
	return b.host("api1", c)
}

func (b *builder) pay1() *Host {
	c := b.cluster("payments", "6.6.1")
	c.Preload, c.Phase, c.LogRotated = PreloadConditional, 0, true
	return b.host("pay1", c)
}

func (b *builder) tools1() *Host {
	admin := b.cluster("admin", "5.6.9")
	admin.ProxyDefault = true
	admin.Workers, admin.Phase = 0, 0
	admin.Load.Rate /= float64(b.workers)
	reports := b.cluster("reports", "6.6.1")
	reports.ShutdownTimeout = 8 * second
	reports.Load.Long = 2 * time.Minute
	return b.host("tools1", admin, reports)
}

func (b *builder) media1() *Host {
	c := b.waiting(b.cluster("media", "8.0.2"), nil)
	boot := 6 * time.Minute / time.Duration(b.workers)
	c.Releases[1].Boot = max(boot, 20*second)
	c.BootTimeout = max(2*c.Releases[1].Boot, time.Minute)
	return b.host("media1", c)
}

// busy brings a cluster to its limits for about half of the time and from the start on, so that a queue is seen to come and
// go; its clients wait for no more than impatient, so that it stays one that an operator meets.
const (
	busy      = 2.2
	impatient = 60 * time.Millisecond
)

func (b *builder) search1() *Host {
	c := b.cluster("search", "8.0.2")
	c.HookHangs = true
	c.Load.Rate *= busy
	c.Load.Patience = impatient
	return b.host("search1", c)
}

func (b *builder) cms1() *Host {
	cms := b.waiting(b.cluster("cms", "5.6.9"), nil)
	cms.Directory = DirectoryResolved
	blog := b.cluster("blog", "4.3.12")
	blog.Load.Rate /= 3
	return b.host("cms1", cms, blog)
}

func (b *builder) edge1() *Host {
	edge := b.cluster("edge", "8.0.2")
	edge.CutsOff = 6 * time.Minute
	status := b.cluster("status", "6.6.1")
	status.Stopped, status.Condition = true, "/srv/status/shared/enabled"
	return b.host("edge1", edge, status)
}

// healthy is the nth host without a weakness.
func (b *builder) healthy(n int) *Host {
	roles := [...]struct {
		name, app, version string
		from               int
	}{
		{"web", "shop", "6.6.1", 4}, {"api", "api", "7.2.1", 2}, {"pay", "payments", "6.6.1", 2},
		{"search", "search", "8.0.2", 2}, {"media", "media", "8.0.2", 2}, {"cms", "cms", "5.6.9", 2},
	}
	r := roles[n%len(roles)]
	return b.host(fmt.Sprintf("%s%d", r.name, r.from+n/len(roles)), b.cluster(r.app, r.version))
}
