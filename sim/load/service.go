package load

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Service spreads requests over the endpoints that the proxies know: one at
// random, each as likely, as kube-proxy's iptables and nftables rules do.
type Service struct {
	// Key is "namespace/name".
	Key string

	loop      *sim.Loop
	choose    *rand.Rand
	endpoints []*Instance
	ledger    *ledger
	streams   []*stream
	free      []*request
}

// NewService returns a Service without endpoints. Its records go to sink in
// windows of the given length.
func NewService(key string, loop *sim.Loop, streams sim.Streams, replication int, window sim.Time, sink func(record.Record)) *Service {
	return &Service{
		Key:    key,
		loop:   loop,
		choose: streams.Get("kube-proxy", key),
		ledger: newLedger(key, replication, window, sink),
	}
}

// stream is one Traffic as it runs.
type stream struct {
	service  *Service
	start    sim.Time
	arrivals arrivals
	draws    *rand.Rand
	patience patience
}

// Add starts a stream of requests.
func (s *Service) Add(t *Traffic, horizon sim.Time, streams sim.Streams) {
	st := &stream{
		service:  s,
		start:    t.Start,
		arrivals: newArrivals(t, horizon-t.Start, streams.Get("arrivals", t.Name)),
		draws:    streams.Get("requests", t.Name),
	}
	st.patience.init(s.loop, t.Timeout)
	s.streams = append(s.streams, st)
	st.schedule()
}

func (st *stream) schedule() {
	if at := st.arrivals.next(); at != sim.Never {
		st.service.loop.At(st.start+at, sim.PhaseRequest, st)
	}
}

// Fire is an arrival.
func (st *stream) Fire(now sim.Time) {
	st.service.arrive(now, st)
	st.schedule()
}

// SetEndpoints is a change of the proxies' rules. Their order must be
// deterministic.
func (s *Service) SetEndpoints(now sim.Time, endpoints []*Instance) {
	if from, to := len(s.endpoints), len(endpoints); from != to {
		s.ledger.endpoints(now, from, to)
	}
	s.endpoints = endpoints
}

// Endpoints is the number of endpoints the proxies know.
func (s *Service) Endpoints() int { return len(s.endpoints) }

func (s *Service) arrive(now sim.Time, st *stream) {
	r := s.take()
	r.stream, r.arrived, r.draw = st, now, st.draws.Uint64()
	s.ledger.arrive(now)
	if len(s.endpoints) == 0 {
		s.fail(now, r, record.NoEndpoint)
		s.release(r)
		return
	}
	s.endpoints[s.choose.IntN(len(s.endpoints))].offer(now, r)
	if r.phase != idle {
		st.patience.watch(now, r)
	}
}

func (s *Service) succeed(now sim.Time, r *request) {
	s.ledger.succeed(now, now-r.arrived)
}

func (s *Service) fail(now sim.Time, _ *request, cause record.Cause) {
	s.ledger.fail(now, cause)
}

// take gives a request object, release takes it back.
func (s *Service) take() *request {
	if n := len(s.free); n > 0 {
		r := s.free[n-1]
		s.free = s.free[:n-1]
		return r
	}
	return &request{service: s}
}

func (s *Service) release(r *request) {
	r.phase, r.server, r.stream = idle, nil, nil
	r.generation++
	s.free = append(s.free, r)
}

// Close writes what is left at the end of the run.
func (s *Service) Close(now sim.Time) { s.ledger.close(now) }

// Balance is the number of requests that arrived, ended and are in flight, for
// the conservation check.
func (s *Service) Balance() (arrived, ended, inFlight int64) {
	return s.ledger.arrived, s.ledger.ended, s.ledger.inFlight
}
