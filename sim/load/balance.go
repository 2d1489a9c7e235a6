package load

import (
	"cmp"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// Balance is how a client, or the gateway it comes through, chooses an endpoint.
type Balance uint8

const (
	// Random takes each endpoint as likely, as kube-proxy's iptables and
	// nftables rules do. A Service with sessionAffinity ClientIP keeps a client
	// where it was.
	Random Balance = iota
	// RoundRobin takes one after the other.
	RoundRobin
	// LeastRequest takes the less busy of two random ones, as Envoy's
	// LEAST_REQUEST does.
	LeastRequest
	// ConsistentHash gives a client always the same endpoint while that is
	// there, and moves few clients when endpoints come and go (rendezvous
	// hashing).
	ConsistentHash
	// PrefixAware sends a prompt where one that begins alike was sent before, as
	// routers of model servers do.
	PrefixAware
)

// Clients are whom the requests of a stream come from.
type Clients struct {
	// Count is their number; 0 means that no two requests come from the same.
	Count int
	// Skew makes some busier than others: client k of Count sends in
	// proportion to 1/k^Skew (Zipf); 0 is evenly.
	Skew float64
}

// population draws clients.
type population struct {
	cumulative []float64 // shares; nil for none
	key        uint64
}

func newPopulation(c Clients, key uint64) population {
	p := population{key: key}
	sum := 0.0
	for k := range c.Count {
		sum += math.Pow(float64(k+1), -c.Skew)
		p.cumulative = append(p.cumulative, sum)
	}
	return p
}

// draw is the identity of a client, not 0; it is 0 when there are none.
func (p *population) draw(r *rand.Rand) uint64 {
	if p.cumulative == nil {
		return 0
	}
	at, _ := slices.BinarySearchFunc(p.cumulative, r.Float64()*p.cumulative[len(p.cumulative)-1], cmp.Compare[float64])
	return mix(p.key, uint64(min(at, len(p.cumulative)-1))) | 1
}

// sticky is where a client was sent.
type sticky struct {
	endpoint *Instance
	last     sim.Time
}

// SetAffinity makes the proxies keep a client at its endpoint until it has
// been silent for the timeout; 0 turns it off.
func (s *Service) SetAffinity(timeout time.Duration) {
	s.affinity = timeout
	if timeout > 0 && s.sticky == nil {
		s.sticky = map[uint64]sticky{}
	}
}

// pick chooses an endpoint; nil when there is none.
func (s *Service) pick(now sim.Time, k *call) *Instance {
	n := len(s.endpoints)
	if n == 0 {
		return nil
	}
	switch k.client.Balance {
	case RoundRobin:
		k.client.turn++
		return s.endpoints[(k.client.turn-1)%n]
	case LeastRequest:
		a, b := s.endpoints[s.choose.IntN(n)], s.endpoints[s.choose.IntN(n)]
		if b.InFlight() < a.InFlight() {
			return b
		}
		return a
	case PrefixAware:
		return s.router.pick(s, k)
	case ConsistentHash:
		if k.from != 0 {
			return s.rendezvous(k.from)
		}
	}
	if s.affinity <= 0 || k.from == 0 {
		return s.endpoints[s.choose.IntN(n)]
	}
	before, known := s.sticky[k.from]
	if !known || now > before.last.Add(s.affinity) || !slices.Contains(s.endpoints, before.endpoint) {
		before.endpoint = s.endpoints[s.choose.IntN(n)]
	}
	s.sticky[k.from] = sticky{before.endpoint, now}
	return before.endpoint
}

func (s *Service) rendezvous(from uint64) *Instance {
	var best *Instance
	highest := uint64(0)
	for _, e := range s.endpoints {
		if h := mix(from, e.id); best == nil || h > highest {
			best, highest = e, h
		}
	}
	return best
}
