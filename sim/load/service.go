package load

import (
	"errors"
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Service spreads requests over the endpoints that the proxies know.
type Service struct {
	// Key is "namespace/name", or the name of an External.
	Key string

	loop      *sim.Loop
	choose    *rand.Rand
	router    router
	absent    bool // DNS knows no such name
	endpoints []*Instance
	affinity  time.Duration // of sessionAffinity ClientIP; 0 is none
	sticky    map[uint64]sticky
	external  *external // in place of endpoints
	broker    *broker   // in place of endpoints
	ledger    *ledger
	streams   []*stream
	free      []*request
	freeCalls []*call
	source    *rand.PCG
	random    *rand.Rand
}

// NewService returns a Service without endpoints. Its records go to sink in
// windows of the given length.
func NewService(key string, loop *sim.Loop, streams sim.Streams, replication int, window sim.Time,
	sink func(record.Record)) *Service {
	source := rand.NewPCG(0, 0)
	return &Service{
		Key:    key,
		loop:   loop,
		choose: streams.Get("kube-proxy", key),
		ledger: newLedger(key, replication, window, sink),
		source: source,
		random: rand.New(source),
	}
}

// seeded gives random numbers of their own to a draw.
func (s *Service) seeded(draw, n uint64) *rand.Rand {
	s.source.Seed(draw, n)
	return s.random
}

// stream is one Traffic as it runs.
type stream struct {
	loop         *sim.Loop
	client       *client
	start        sim.Time
	horizon      sim.Time
	arrivals     arrivals          // nil in a closed loop
	replay       *replay           // the arrivals, when they are a trace
	think        distribution.Dist // of the users of a closed loop
	draws        *rand.Rand
	population   population
	sessions     *Sessions
	tokens       *TokenLaw
	key          uint64 // of its common prompt
	freeSessions []*session
}

// Add starts a stream of requests. It returns the error of a trace that can't
// be opened.
func (s *Service) Add(t *Traffic, horizon sim.Time, streams sim.Streams) error {
	st := &stream{
		loop: s.loop, start: t.Start, horizon: horizon, draws: streams.Get("requests", t.Name), sessions: t.Sessions,
		tokens: t.Tokens,
		client: newClient(s, s.loop, Client{Timeout: t.Timeout, Retry: t.Retry, Balance: t.Balance,
			Late: t.Objective.Latency}),
	}
	s.streams = append(s.streams, st)
	random := streams.Get("arrivals", t.Name)
	if t.Tokens != nil {
		st.key = streams.Get("tokens", t.Name).Uint64()
	}
	if t.Clients.Count > 0 {
		st.population = newPopulation(t.Clients, streams.Get("clients", t.Name).Uint64())
	}
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
		st.loop.At(st.start+at, sim.PhaseRequest, st)
	}
}

// Fire is an arrival.
func (st *stream) Fire(now sim.Time) {
	draw := st.draws.Uint64()
	if st.sessions != nil {
		st.startSession(now, draw)
	} else {
		k := st.client.begin(now, nil, draw, st.who(draw), nil)
		st.describe(k, nil)
		k.try(now)
	}
	st.schedule()
}

// who is the client that sends a request; it depends on the request alone.
func (st *stream) who(draw uint64) uint64 {
	if st.population.cumulative == nil {
		return 0
	}
	return st.population.draw(st.client.service.seeded(draw, whoDraw))
}

// whoDraw tells the draw of the client from those of a program.
const whoDraw = 1 << 62

// SetAbsent says that there is no such Service from now on, or that there is one.
func (s *Service) SetAbsent(absent bool) { s.absent = absent }

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
	r.phase, r.server, r.session, r.broken = idle, nil, nil, false
	r.turn, r.contexts, r.inherited = turn{}, nil, nil
	r.generation++
	s.free = append(s.free, r)
}

// takeCall and releaseCall do the same for calls.
func (s *Service) takeCall() *call {
	if n := len(s.freeCalls); n > 0 {
		k := s.freeCalls[n-1]
		s.freeCalls = s.freeCalls[:n-1]
		return k
	}
	return &call{}
}

func (s *Service) releaseCall(k *call) {
	k.tokens = Tokens{Prefix: k.tokens.Prefix[:0], Lengths: k.tokens.Lengths[:0]}
	k.caller, k.session, k.attempt, k.over, k.turn, k.inherited = nil, nil, nil, false, turn{}, nil
	s.freeCalls = append(s.freeCalls, k)
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
