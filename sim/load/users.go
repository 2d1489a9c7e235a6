package load

import (
	"math/rand/v2"
	"time"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Users are a closed loop: each sends a request, waits for its end, good or
// not, thinks, and sends the next.
type Users struct {
	Count int
	// Think is the time between the end of a request and the next, in seconds.
	Think distribution.Dist
}

// minCycle is the least time between two requests of one user. A request can
// end at the instant it was sent (no endpoint, refused, a full queue); without
// think time its user would send again at that instant, for ever. A
// millisecond is about what a client needs for a refused connection and its
// own work on a cluster's network.
const minCycle = time.Millisecond

// user is one user. It is also the event that sends its next request.
type user struct {
	stream *stream
	sent   sim.Time
	from   uint64 // its identity
	// Every user draws from its own source, so that what one meets leaves the
	// luck of the others alone.
	source rand.PCG
	random rand.Rand
}

// addUsers starts the closed loop. A user begins somewhere in a think time, so
// that users who all think equally long do not march in step.
func (st *stream) addUsers(u *Users) {
	st.think = u.Think
	users := make([]user, u.Count)
	for i := range users {
		u := &users[i]
		u.stream = st
		u.source.Seed(st.draws.Uint64(), st.draws.Uint64())
		u.random = *rand.New(&u.source)
		u.from = mix(uint64(i), st.population.key) | 1
		u.send(later(st.start, st.think.Sample(&u.random)*u.random.Float64()))
	}
}

// later is so many seconds after t, at most sim.Never.
func later(t sim.Time, seconds float64) sim.Time {
	if seconds >= 9e9 { // 285 years
		return sim.Never
	}
	return t.Add(time.Duration(seconds * 1e9))
}

func (u *user) send(at sim.Time) {
	if at < u.stream.horizon {
		u.stream.loop.At(at, sim.PhaseRequest, u)
	}
}

// Fire sends a request.
func (u *user) Fire(now sim.Time) {
	u.sent = now
	k := u.stream.client.begin(now, u, u.random.Uint64(), u.from, nil)
	u.stream.describe(k, nil)
	k.try(now)
}

// called is the end of the user's request.
func (u *user) called(now sim.Time, _ record.Cause) {
	u.send(max(later(now, u.stream.think.Sample(&u.random)), u.sent.Add(minCycle)))
}
