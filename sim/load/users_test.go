package load

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// meanValueAnalysis is the exact throughput and time in system of a closed
// network of one delay station (mean z) and one M/M/c station (service mean s)
// with n customers: mean value analysis with a station whose speed depends on
// its queue (Reiser and Lavenberg 1980).
func meanValueAnalysis(n, c int, z, s float64) (throughput, time float64) {
	p := []float64{1} // of so many at the station, with one customer fewer
	for k := 1; k <= n; k++ {
		speed := func(j int) float64 { return float64(min(j, c)) / s }
		time = 0
		for j := 1; j <= k; j++ {
			time += float64(j) / speed(j) * p[j-1]
		}
		throughput = float64(k) / (z + time)
		next := make([]float64, k+1)
		rest := 1.0
		for j := 1; j <= k; j++ {
			next[j] = throughput / speed(j) * p[j-1]
			rest -= next[j]
		}
		next[0] = rest
		p = next
	}
	return throughput, time
}

// closedRun is a station under users, its first tenth left out.
func closedRun(t *testing.T, users Users, server Server, length time.Duration, replication int) (perSecond,
	meanTime float64) {
	t.Helper()
	loop, streams := sim.NewLoop(), sim.NewStreams(4, replication)
	horizon := sim.Time(length)
	var ended int64
	var latency record.Histogram
	service := NewService("a/b", loop, streams, replication, horizon/10, func(r record.Record) {
		if w, is := r.(record.Requests); is && w.From >= horizon/10 {
			ended += w.OK
			latency.Merge(&w.Latency)
		}
	})
	instance := newInstance(loop, &server, ignore)
	instance.Open(0, nil)
	service.SetEndpoints(0, []*Instance{instance})
	require.NoError(t, service.Add(&Traffic{Name: "t", Users: &users}, horizon, streams))
	require.NoError(t, loop.RunUntil(context.Background(), horizon))
	require.NoError(t, service.Close(horizon))
	_, _, inFlight := service.Balance()
	require.LessOrEqual(t, inFlight, int64(users.Count), "a user has one request at a time")
	return float64(ended) / (0.9 * horizon.Seconds()), latency.Mean() / 1e9
}

// Throughput and time in system under users are those of mean value analysis,
// also for think times that are not exponential: a delay station is insensitive
// to its law.
func TestUsersFollowMeanValueAnalysis(t *testing.T) {
	const service, replications = 0.5, 20
	for _, c := range []struct {
		users, servers int
		think          distribution.Dist
	}{
		{1, 1, distribution.Exponential(2)},
		{5, 1, distribution.Exponential(3)},
		{12, 3, distribution.Exponential(2)},
		{12, 3, distribution.Constant(2)},
		{12, 3, distribution.LogNormalFromMedianP99(1, 12)},
		{40, 4, distribution.Uniform{Min: 1, Max: 9}},
		{6, 2, distribution.Constant(0)},
	} {
		var perSecond, times []float64
		for r := range replications {
			server := Server{Program: served(distribution.Exponential(service)), Concurrency: c.servers, Queue: -1}
			x, w := closedRun(t, Users{Count: c.users, Think: c.think}, server, 2*time.Hour, r)
			perSecond, times = append(perSecond, x), append(times, w)
		}
		x, w := meanValueAnalysis(c.users, c.servers, c.think.Mean(), service)
		what := fmt.Sprintf("%d users, %d servers, think %s", c.users, c.servers, c.think)
		within99(t, x, perSecond, what+", throughput")
		within99(t, w, times, what+", time in system")
	}
}

// Mean value analysis agrees with the machine-repairman formula for c = 1,
// which is Erlang's loss formula in disguise: an independent check of the
// oracle.
func TestMeanValueAnalysisAgreesWithTheMachineRepairman(t *testing.T) {
	for _, n := range []int{1, 2, 7, 30} {
		const z, s = 3.0, 0.5
		term, sum := 1.0, 1.0 // (z/s)^k/k!, for k thinking
		for k := 1; k <= n; k++ {
			term *= z / s / float64(k)
			sum += term
		}
		x, _ := meanValueAnalysis(n, 1, z, s)
		assert.InEpsilon(t, (1-term/sum)/s, x, 1e-9)
	}
}

// Users who do not think, whose requests fail at once, send once a millisecond
// each: time goes on.
func TestUsersWithoutEndpointsDoNotStopTime(t *testing.T) {
	loop, streams := sim.NewLoop(), sim.NewStreams(1, 0)
	failed := int64(0)
	service := NewService("a/b", loop, streams, 0, sim.Time(time.Minute), func(r record.Record) {
		if w, is := r.(record.Requests); is {
			failed += w.Failed[record.NoEndpoint]
		}
	})
	horizon := sim.Time(2 * time.Second)
	require.NoError(t, service.Add(&Traffic{Name: "t", Start: sim.Time(time.Second),
		Users: &Users{Count: 3, Think: distribution.Constant(0)}}, horizon, streams))
	require.NoError(t, loop.RunUntil(context.Background(), horizon))
	require.NoError(t, service.Close(horizon))
	assert.Equal(t, int64(3*1000), failed)
}

// A user whose request timed out or was killed thinks and sends the next, once.
func TestUsersGoOnAfterFailures(t *testing.T) {
	loop, streams := sim.NewLoop(), sim.NewStreams(1, 0)
	failed := map[record.Cause]int64{}
	service := NewService("a/b", loop, streams, 0, sim.Time(time.Minute), func(r record.Record) {
		if w, is := r.(record.Requests); is {
			for cause, n := range w.Failed {
				failed[cause] += n
			}
		}
	})
	server := Server{Program: served(distribution.Constant(10)), Concurrency: 1, Queue: -1}
	instance := newInstance(loop, &server, ignore)
	instance.Open(0, nil)
	service.SetEndpoints(0, []*Instance{instance})
	loop.At(sim.Time(9500*time.Millisecond), sim.PhaseMachine, sim.Func(func(now sim.Time) {
		instance.Kill(now)
		instance.Open(now, nil)
	}))
	horizon := sim.Time(20 * time.Second)
	users := &Users{Count: 1, Think: distribution.Constant(1)}
	require.NoError(t, service.Add(&Traffic{Name: "t", Users: users, Timeout: 2 * time.Second}, horizon, streams))
	require.NoError(t, loop.RunUntil(context.Background(), horizon))
	require.NoError(t, service.Close(horizon))
	// A cycle is 3 s: 2 s of patience and 1 s of thought. The kill cuts one short
	// if it is in flight; nothing is ever served within 2 s.
	arrived, _, inFlight := service.Balance()
	assert.Equal(t, arrived-inFlight, failed[record.Timeout]+failed[record.Killed])
	assert.InDelta(t, 7, arrived, 1)
	assert.LessOrEqual(t, inFlight, int64(1))
}

// A request of a closed loop allocates nothing.
func TestUsersDoNotAllocate(t *testing.T) {
	loop, streams := sim.NewLoop(), sim.NewStreams(1, 0)
	service := NewService("a/b", loop, streams, 0, sim.Time(1e6*time.Second), func(record.Record) {})
	server := Server{Program: served(distribution.Exponential(0.01)), Concurrency: 4, Queue: -1}
	instance := newInstance(loop, &server, ignore)
	instance.Open(0, nil)
	service.SetEndpoints(0, []*Instance{instance})
	require.NoError(t, service.Add(&Traffic{Name: "t", Users: &Users{Count: 20, Think: distribution.Exponential(0.1)},
		Timeout: time.Second}, sim.Never, streams))
	now := sim.Time(0)
	run := func() {
		now += sim.Time(time.Second)
		if err := loop.RunUntil(context.Background(), now); err != nil {
			t.Fatal(err)
		}
	}
	for range 100 {
		run()
	}
	assert.Zero(t, testing.AllocsPerRun(100, run))
}
