package load

import (
	"errors"
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
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
	horizon  sim.Time
	arrivals arrivals          // nil in a closed loop
	replay   *replay           // the arrivals, when they are a trace
	think    distribution.Dist // of the users of a closed loop
	draws    *rand.Rand
	patience patience
}

// Add starts a stream of requests. It returns the error of a trace that can't
// be opened.
func (s *Service) Add(t *Traffic, horizon sim.Time, streams sim.Streams) error {
	st := &stream{service: s, start: t.Start, horizon: horizon, draws: streams.Get("requests", t.Name)}
	st.patience.init(s.loop, t.Timeout)
	s.streams = append(s.streams, st)
	random := streams.Get("arrivals", t.Name)
	switch {
	case t.Users != nil:
		st.addUsers(t.Users)
		return nil
	case t.Trace != nil:
		trace, err := t.Trace(random)
		if err != nil {
			return err
		}
		st.replay = &replay{trace: trace, horizon: horizon - t.Start}
		st.arrivals = st.replay
	default:
		st.arrivals = newArrivals(t, horizon-t.Start, random)
	}
	st.schedule()
	return nil
}

func (st *stream) schedule() {
	if at := st.arrivals.next(); at != sim.Never {
		st.service.loop.At(st.start+at, sim.PhaseRequest, st)
	}
}

// Fire is an arrival.
func (st *stream) Fire(now sim.Time) {
	st.service.arrive(now, st, nil)
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

func (s *Service) arrive(now sim.Time, st *stream, u *user) {
	r := s.take()
	r.stream, r.user, r.arrived = st, u, now
	if u != nil {
		r.draw = u.random.Uint64()
	} else {
		r.draw = st.draws.Uint64()
	}
	if st.replay != nil {
		// The request gives its old memory for the prefix to the next arrival.
		r.tokens, st.replay.current.Tokens = st.replay.current.Tokens, r.tokens
	}
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
	r.ended(now)
}

func (s *Service) fail(now sim.Time, r *request, cause record.Cause) {
	s.ledger.fail(now, cause)
	r.ended(now)
}

// ended tells the user, if one waits. A server may work on, on a request whose
// client has gone.
func (r *request) ended(now sim.Time) {
	if u := r.user; u != nil {
		r.user = nil
		u.served(now)
	}
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
	if r.stream.replay != nil {
		r.tokens = Tokens{Prefix: r.tokens.Prefix[:0]} // the next may be of another stream
	}
	r.phase, r.server, r.stream = idle, nil, nil
	r.generation++
	s.free = append(s.free, r)
}

// Close writes what is left at the end of the run. It returns the first error
// of a trace that could not be read to its end.
func (s *Service) Close(now sim.Time) error {
	s.ledger.close(now)
	var err error
	for _, st := range s.streams {
		if st.replay != nil {
			err = errors.Join(err, st.replay.err, st.replay.close())
		}
	}
	return err
}

// Balance is the number of requests that arrived, ended and are in flight, for
// the conservation check.
func (s *Service) Balance() (arrived, ended, inFlight int64) {
	return s.ledger.arrived, s.ledger.ended, s.ledger.inFlight
}
