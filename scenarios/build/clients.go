package build

import (
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/load"
)

// clients and sessions read whom the requests of a stream come from.
func (b *builder) clients(at string, t wire.Traffic, stream *load.Traffic) {
	stream.Retry = b.retry(at+".retry", t.Retry)
	stream.Balance = b.balance(at+".balance", t.Balance)
	if c := t.Clients; c != nil && c.Count != nil {
		stream.Clients.Count = *c.Count
		if *c.Count < 1 || *c.Count > 1_000_000 {
			b.fault(at+".clients.count", "must be from 1 to 1000000, got %d", *c.Count)
		}
		if c.Skew != nil {
			stream.Clients.Skew = *c.Skew
			if !(*c.Skew >= 0 && *c.Skew <= 10) {
				b.fault(at+".clients.skew", "must be from 0 to 10, got %v", *c.Skew)
			}
		}
		if t.Users != nil {
			b.fault(at+".clients", "must be left out with users, who are the clients")
		}
	}
	if k := t.Tokens; k != nil && k.Input != nil && k.Output != nil {
		stream.Tokens = &load.TokenLaw{Input: k.Input.Dist, Output: k.Output.Dist}
		if k.Shared != nil {
			stream.Tokens.Shared = int32(*k.Shared)
			if *k.Shared < 0 || *k.Shared > 1<<24 {
				b.fault(at+".tokens.shared", "must be from 0 to %d, got %d", 1<<24, *k.Shared)
			}
		}
	}
	if s := t.Sessions; s != nil && s.Turns != nil {
		stream.Sessions = &load.Sessions{Turns: s.Turns.Dist, Think: distribution.Constant(0)}
		if s.Think != nil {
			stream.Sessions.Think = s.Think.Dist
		}
		if s.Silent != nil {
			stream.Sessions.Silent = float64(*s.Silent)
		}
		if t.Users != nil {
			b.fault(at+".sessions", "must be left out with users")
		}
	}
}
