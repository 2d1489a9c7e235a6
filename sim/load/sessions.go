package load

import (
	"math/rand/v2"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Sessions are clients that come, send several requests one after the other,
// and go.
type Sessions struct {
	// Turns is how many requests a session has, rounded, at least 1.
	Turns distribution.Dist
	// Think is the time between the end of a request and the next, in seconds.
	Think distribution.Dist
	// Silent is the part of sessions that end without a goodbye, so that a
	// server keeps what it has of them until it times out.
	Silent float64
}

// session is one of them. Sessions are pooled; who refers to one that may be
// over holds its generation, too.
type session struct {
	stream *stream
	from   uint64
	own    bool // no other session has this identity
	id     uint64
	left   int32
	turns  uint64
	silent bool
	source rand.PCG
	random rand.Rand

	conversation conversation
	contexts     *contexts // of the containers that answer it

	home       *Instance // that keeps its state
	life       uint32    // of the home
	bytes      int64     // there
	touched    uint32    // how often the home heard of it
	lost       bool      // the home dropped it for its silence
	over       bool      // waits in the home's memory for the time-out
	generation uint32
}

// start begins a session.
func (st *stream) startSession(now sim.Time, draw uint64) {
	s := st.takeSession()
	s.source.Seed(draw, 0)
	s.contexts = nil
	s.id, s.conversation = draw, conversation{turns: s.conversation.turns[:0]}
	spec := st.sessions
	s.left = max(1, times(spec.Turns.Sample(&s.random)))
	s.silent = spec.Silent > 0 && s.random.Float64() < spec.Silent
	if s.from = st.population.draw(&s.random); s.from == 0 {
		s.from, s.own = s.random.Uint64()|1, true
	}
	st.client.service.ledger.session(now)
	s.Fire(now)
}

// Fire sends the session's next request.
func (s *session) Fire(now sim.Time) {
	s.left--
	k := s.stream.client.begin(now, s, s.random.Uint64(), s.from, s)
	s.stream.describe(k, s)
	k.try(now)
}

// called is the end of a request.
func (s *session) called(now sim.Time, failed record.Cause) {
	st := s.stream
	st.client.service.ledger.turn(now, failed != "")
	if s.left > 0 {
		st.loop.At(max(later(now, st.sessions.Think.Sample(&s.random)), now.Add(minCycle)), sim.PhaseRequest, s)
		return
	}
	st.client.service.ledger.sessionEnded(now)
	if s.own {
		delete(st.client.service.sticky, s.from)
	}
	home := s.home
	kept := home != nil && home.life == s.life
	switch {
	case kept && !s.silent:
		home.sessions.leave(now, s)
	case kept && home.spec.Sessions.Timeout > 0:
		s.over = true
		return // until the home forgets it
	}
	st.releaseSession(s)
}

func (st *stream) takeSession() *session {
	if n := len(st.freeSessions); n > 0 {
		s := st.freeSessions[n-1]
		st.freeSessions = st.freeSessions[:n-1]
		return s
	}
	s := &session{stream: st}
	s.random = *rand.New(&s.source)
	return s
}

func (st *stream) releaseSession(s *session) {
	s.generation++
	s.home, s.bytes, s.turns, s.own, s.lost, s.over = nil, 0, 0, false, false, false
	st.freeSessions = append(st.freeSessions, s)
}

// held is what an instance keeps of sessions.
type held struct {
	instance *Instance
	count    int
	bytes    int64
	timer    sim.Timer
	ring     []silence
	head     int
	used     int
}

// silence is when a session is forgotten unless it is heard of before.
type silence struct {
	session    *session
	generation uint32
	touched    uint32
	at         sim.Time
}

func (h *held) init(i *Instance) {
	h.instance = i
	h.timer.Init(i.loop, sim.PhaseRequest, h.expire)
}

// touch is a request of a session that comes into service: its state is made
// if it is not here.
func (h *held) touch(now sim.Time, s *session) {
	i := h.instance
	spec := &i.spec.Sessions
	if spec.Bytes == 0 && spec.PerTurn == 0 && spec.Timeout == 0 {
		return // it keeps nothing
	}
	if s.home != i || s.life != i.life {
		h.move(now, s)
	}
	s.bytes += spec.PerTurn
	h.bytes += spec.PerTurn
	s.touched++
	if spec.Timeout > 0 {
		h.watch(silence{s, s.generation, s.touched, now.Add(spec.Timeout)})
	}
}

// move makes this the home of a session; what another knew of it is lost.
func (h *held) move(now sim.Time, s *session) {
	i := h.instance
	ledger := s.stream.client.service.ledger
	switch {
	case s.home != nil && s.home.life != s.life:
		ledger.sessionLost(now, record.SessionPodGone)
	case s.home != nil:
		ledger.sessionLost(now, record.SessionMoved)
		s.home.sessions.leave(now, s)
	case s.lost:
		ledger.sessionLost(now, record.SessionExpired)
	}
	s.home, s.life, s.lost, s.bytes = i, i.life, false, i.spec.Sessions.Bytes
	h.bytes += s.bytes
	h.count++
}

// leave drops a session.
func (h *held) leave(now sim.Time, s *session) {
	h.bytes -= s.bytes
	h.count--
	s.home, s.bytes = nil, 0
	h.instance.report(now)
}

func (h *held) watch(e silence) {
	if h.used == len(h.ring) {
		bigger := make([]silence, max(16, 2*len(h.ring)))
		for k := range h.used {
			bigger[k] = h.ring[(h.head+k)%len(h.ring)]
		}
		h.ring, h.head = bigger, 0
	}
	h.ring[(h.head+h.used)%len(h.ring)] = e
	h.used++
	if h.used == 1 {
		h.timer.Set(e.at)
	}
}

func (h *held) pop() silence {
	e := h.ring[h.head]
	h.ring[h.head] = silence{}
	h.head = (h.head + 1) % len(h.ring)
	h.used--
	return e
}

// expire forgets the sessions that are due.
func (h *held) expire(now sim.Time) {
	for h.used > 0 {
		if at := h.ring[h.head].at; at > now {
			h.timer.Set(at)
			return
		}
		e := h.pop()
		s := e.session
		if s.generation != e.generation || s.touched != e.touched || s.home != h.instance {
			continue
		}
		s.lost = true
		h.leave(now, s)
		if s.over {
			s.stream.releaseSession(s)
		}
	}
}

// kill forgets all of them with the process.
func (h *held) kill() {
	h.timer.Stop()
	for h.used > 0 {
		e := h.pop()
		if s := e.session; s.over && s.generation == e.generation && s.touched == e.touched {
			s.stream.releaseSession(s)
		}
	}
	h.count, h.bytes = 0, 0
}
