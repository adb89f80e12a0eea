package remote

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"pumatop/collector/clean"
)

// attemptPause is between two attempts of ConnectionAttempts, as ssh has it.
const attemptPause = time.Second

// direct connects to an endpoint over the network, as often as ConnectionAttempts says; each attempt has
// the whole of ConnectTimeout.
func (p *Pool) direct(ctx context.Context, ep *endpoint) (c net.Conn, err error) {
	for n := range max(ep.attempts, 1) {
		if n > 0 {
			select {
			case <-ctx.Done():
				return nil, err
			case <-time.After(attemptPause):
			}
		}
		if c, err = p.dialOnce(ctx, ep); err == nil || ctx.Err() != nil {
			return c, err
		}
	}
	return nil, err
}

func (p *Pool) dialOnce(ctx context.Context, ep *endpoint) (net.Conn, error) {
	if ep.attempts > 1 {
		limited, cancel := context.WithTimeoutCause(ctx, ep.connectLimit, tooSlow(ep.connectLimit))
		defer cancel()
		ctx = limited
	}
	if p.options.Dial != nil {
		return p.options.Dial(ctx, ep.network, ep.addr())
	}
	d := net.Dialer{}
	if !ep.tcpKeepAlive {
		d.KeepAlive = -1
	}
	switch {
	case ep.bind != "":
		local, err := net.ResolveTCPAddr(ep.network, net.JoinHostPort(ep.bind, "0"))
		if err != nil {
			return nil, fmt.Errorf("resolve BindAddress: %w", err)
		}
		d.LocalAddr = local
	case ep.bindInterface != "":
		return dialFrom(ctx, d, ep)
	}
	return d.DialContext(ctx, ep.network, ep.addr())
}

// dialFrom connects from an address of the interface that BindInterface names, of the family that the host has.
func dialFrom(ctx context.Context, d net.Dialer, ep *endpoint) (net.Conn, error) {
	locals, err := interfaceAddresses(ep.bindInterface)
	if err != nil {
		return nil, err
	}
	for _, local := range locals {
		d.LocalAddr = local
		var c net.Conn
		c, err = d.DialContext(ctx, ep.network, ep.addr())
		var family *net.AddrError
		if err == nil || !errors.As(err, &family) {
			return c, err
		}
	}
	return nil, err
}

// interfaceAddresses are an interface's addresses to connect from, one of each family: as ssh has it, those that are
// good for little (link-local, loopback) only where there is no other.
func interfaceAddresses(name string) ([]net.Addr, error) {
	iface, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("BindInterface %s: %w", clean.Short(name, 40), err)
	}
	addrs, err := iface.Addrs()
	if err != nil {
		return nil, fmt.Errorf("BindInterface %s: %w", clean.Short(name, 40), err)
	}
	var four, six *net.TCPAddr
	for _, poor := range []bool{false, true} {
		for _, a := range addrs {
			network, ok := a.(*net.IPNet)
			if !ok || (network.IP.IsLoopback() || network.IP.IsLinkLocalUnicast()) != poor {
				continue
			}
			local := &net.TCPAddr{IP: network.IP}
			if network.IP.IsLinkLocalUnicast() && network.IP.To4() == nil {
				local.Zone = name
			}
			if network.IP.To4() != nil && four == nil {
				four = local
			} else if network.IP.To4() == nil && six == nil {
				six = local
			}
		}
	}
	var found []net.Addr
	for _, local := range []*net.TCPAddr{four, six} {
		if local != nil {
			found = append(found, local)
		}
	}
	if found == nil {
		return nil, fmt.Errorf("BindInterface %s: it has no address", clean.Short(name, 40))
	}
	return found, nil
}
