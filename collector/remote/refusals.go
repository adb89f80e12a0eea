package remote

import (
	"errors"
	"sync"
	"time"
)

const (
	refusedFor   = 5 * time.Minute  // a refusal stands for those who have not been told of it
	refusedAgain = 10 * time.Second // a new one stands for those who try again together
	refusalsMost = 10_000           // are kept
)

// standing refusals remember what a server, or the trust in it, has refused, so that the next one who comes for the same login is
// told without another attempt: three hundred hosts behind a bastion that lets nobody in, which come to it one after the
// other as their configurations are read, would be three hundred failed logins there.
type standing struct {
	mu sync.Mutex
	by map[string]*refused // by endpoint.key
}

// refused is a final error that stands until somebody who has been told of it tries again.
type refused struct {
	about string
	files string // the state of the known_hosts files, where those have refused; see stampOf
	since time.Time
	err   error
}

func (r *refused) Error() string { return r.err.Error() }
func (r *refused) Unwrap() error { return r.err }

// of is the refusal of a login that stands, nil where there is none.
func (r *standing) of(p *Pool, ep *endpoint) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if len(r.by) == 0 {
		return nil
	}
	about := ep.key()
	a := r.by[about]
	if a == nil {
		return nil
	}
	var declined *declined
	if time.Since(a.since) > refusedFor || a.files != "" && a.files != stampOf(ep.knownHosts()) ||
		errors.As(a.err, &declined) && !p.declines.stands(declined) {
		delete(r.by, about)
		return nil
	}
	return a
}

// add keeps an error that only a person can mend, and returns it as it will be told. What was refused on the way stands
// under the login there.
func (r *standing) add(ep *endpoint, err error) error {
	var jump *JumpError
	if !isFinal(err) || errors.As(err, &jump) {
		return err
	}
	a := &refused{about: ep.key(), since: time.Now(), err: err}
	var unknown *HostKeyUnknownError
	var changed *HostKeyChangedError
	var revoked *HostKeyRevokedError
	var certificate *HostCertificateError
	if errors.As(err, &unknown) || errors.As(err, &changed) || errors.As(err, &revoked) || errors.As(err, &certificate) {
		a.files = stampOf(ep.knownHosts())
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.by == nil || len(r.by) >= refusalsMost {
		r.by = map[string]*refused{}
	}
	r.by[a.about] = a
	return a
}

// forgive lets try again what err, an earlier attempt's, ended with. A newer refusal stands for a moment: of three
// hundred hosts that are tried again together the first one logs in, and what it is told holds for all.
func (r *standing) forgive(err error) {
	var told *refused
	if !errors.As(err, &told) {
		return
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if a := r.by[told.about]; a == told || a != nil && time.Since(a.since) > refusedAgain {
		delete(r.by, told.about)
	}
}

// clear lets try again everything: a key has been unlocked, which any login may have lacked.
func (r *standing) clear() {
	r.mu.Lock()
	defer r.mu.Unlock()
	clear(r.by)
}
