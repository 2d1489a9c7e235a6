package cpu

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// The quotas per 100 ms are those of pkg/kubelet/cm/helpers_linux_test.go.
func TestRequestsAndLimitsBecomeWhatTheKubeletWrites(t *testing.T) {
	for _, c := range []struct {
		milli, shares int64
		weight        int
	}{
		{0, 2, 1}, {1, 2, 1}, {2, 2, 1}, {10, 10, 1}, {100, 102, 4}, {200, 204, 8}, {250, 256, 10},
		{500, 512, 20}, {1000, 1024, 39}, {2000, 2048, 79}, {64_000, 65536, 2500},
		{256_000, 262144, 10000}, {300_000, 262144, 10000}, {math.MaxInt64, 262144, 10000}, {-5, 2, 1},
	} {
		require.Equal(t, c.shares, Shares(c.milli), "%dm", c.milli)
		require.Equal(t, c.weight, Weight(c.shares), "%dm", c.milli)
	}
	for _, c := range []struct {
		milli         int64
		period, quota time.Duration
	}{
		{0, 100 * ms, 0}, {-1, 100 * ms, 0}, {5, 100 * ms, ms}, {9, 100 * ms, ms}, {10, 100 * ms, ms},
		{200, 100 * ms, 20 * ms}, {500, 100 * ms, 50 * ms}, {1000, 100 * ms, 100 * ms}, {1500, 100 * ms, 150 * ms},
		{500, 10 * ms, 5 * ms}, {5, 50 * ms, ms}, {333, 7 * ms, 2331 * time.Microsecond},
	} {
		require.Equal(t, c.quota, Quota(c.milli, c.period), "%dm of %s", c.milli, c.period)
	}
	require.Equal(t, Resources{Weight: 20, Quota: 50 * ms}, ResourcesOf(500, 500, 0))
	require.Equal(t, Resources{Weight: 20, Quota: 5 * ms}, ResourcesOf(500, 500, 10*ms))
}

func TestBadInputIsAnErrorThatNamesTheField(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{}, "cores: must be between 0.001 and 4096, got 0"},
		{Config{Cores: -1}, "cores: must be between 0.001 and 4096, got -1"},
		{Config{Cores: math.NaN()}, "cores: must be between 0.001 and 4096, got NaN"},
		{Config{Cores: math.Inf(1)}, "cores: must be between 0.001 and 4096, got +Inf"},
		{Config{Cores: 1, Period: -1}, "period: must be between 0 and 1s, got -1ns"},
		{Config{Cores: 1, Period: 2 * time.Second}, "period: must be between 0 and 1s, got 2s"},
	} {
		_, err := NewNode(sim.NewLoop(), c.config)
		require.EqualError(t, err, c.want)
	}
	n, err := NewNode(sim.NewLoop(), Config{Cores: 1})
	require.NoError(t, err)
	for _, c := range []struct {
		r    Resources
		want string
	}{
		{Resources{}, "weight: must be between 1 and 10000, got 0"},
		{Resources{Weight: 10001}, "weight: must be between 1 and 10000, got 10001"},
		{Resources{Weight: 1, Quota: -1}, "quota: must be between 0 and 1h8m16s, got -1ns"},
		{Resources{Weight: 1, Quota: math.MaxInt64}, "quota: must be between 0 and 1h8m16s, got 2562047h47m16.854775807s"},
		{Resources{Weight: 1, Offset: -1}, "offset: must be at least 0 and less than the period, 100ms, got -1ns"},
		{Resources{Weight: 1, Offset: 100 * ms}, "offset: must be at least 0 and less than the period, 100ms, got 100ms"},
	} {
		_, err := n.NewGroup(c.r)
		require.EqualError(t, err, c.want)
		g, err := n.NewGroup(Resources{Weight: 1})
		require.NoError(t, err)
		require.EqualError(t, g.SetResources(0, c.r), c.want)
	}
}

func TestAmountsAddUpWithoutRounding(t *testing.T) {
	a := amountOf(math.MaxInt64)
	require.Equal(t, int64(math.MaxInt64), a.ns())
	for _, d := range []uint64{1, 2, 3, 7, 4096} {
		q := a.split(d)
		require.False(t, q.times(d).less(a), "rounded up")
		require.Less(t, q.times(d).minus(a).lo, d, "by less than a unit")
	}
	require.Equal(t, uint64(math.MaxInt64), a.over(one))
	require.Equal(t, uint64(math.MaxUint64), a.over(0))
	require.Equal(t, uint64(math.MaxUint64), a.over(1))
	require.Equal(t, uint64(4), amountOf(10).over(3*one))
	require.Equal(t, amount{1, 0}, amount{0, math.MaxUint64}.plus(amount{lo: 1}))
	require.Equal(t, amount{0, math.MaxUint64}, amount{1, 0}.minus(amount{lo: 1}))
}
