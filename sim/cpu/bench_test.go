package cpu

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

// crowd keeps a number of tasks in every group: a task that is done starts
// itself anew.
type crowd struct {
	node   *Node
	loop   *sim.Loop
	random *rand.Rand
	tasks  []member
	mean   float64
	done   int
}

type member struct {
	Task
	crowd *crowd
	group *Group
}

func (m *member) CPUDone(now sim.Time) {
	m.crowd.done++
	m.group.Start(now, &m.Task, m.crowd.work(), m)
}

func (c *crowd) work() time.Duration { return time.Duration(c.random.ExpFloat64() * c.mean) }

func newCrowd(tb testing.TB, cores float64, groups, tasks int, limit int64) *crowd {
	c := &crowd{loop: sim.NewLoop(), random: rand.New(rand.NewPCG(1, 1)), mean: 10e6, tasks: make([]member, groups*tasks)}
	var err error
	c.node, err = NewNode(c.loop, Config{Cores: cores, Phase: sim.PhaseRequest})
	require.NoError(tb, err)
	for i := range groups {
		r := ResourcesOf(int64(50+i), limit, 0)
		r.Offset = time.Duration(i) * 997 * time.Microsecond % DefaultPeriod
		g, err := c.node.NewGroup(r)
		require.NoError(tb, err)
		for j := range tasks {
			m := &c.tasks[i*tasks+j]
			m.crowd, m.group = c, g
			g.Start(0, &m.Task, c.work(), m)
		}
	}
	return c
}

// serve runs until at least count more tasks are done.
func (c *crowd) serve(tb testing.TB, count int) {
	for until := c.done + count; c.done < until; {
		require.NoError(tb, c.loop.RunUntil(context.Background(), c.loop.Now()+sim.Time(100*time.Millisecond)))
	}
}

func BenchmarkTasks(b *testing.B) {
	for _, c := range []struct {
		name          string
		cores         float64
		groups, tasks int
		limit         int64
	}{
		{"one group/free", 64, 1, 32, 0},
		{"one group/shared", 4, 1, 32, 0},
		{"one group/10000 tasks", 4, 1, 10_000, 0},
		{"one group/throttled", 64, 1, 32, 2000},
		{"one group/shared and throttled", 4, 1, 32, 2000},
		{"100 groups/free", 1000, 100, 4, 0},
		{"100 groups/shared", 16, 100, 4, 0},
		{"100 groups/throttled", 1000, 100, 4, 500},
		{"100 groups/shared and throttled", 16, 100, 4, 500},
	} {
		b.Run(c.name, func(b *testing.B) {
			crowd := newCrowd(b, c.cores, c.groups, c.tasks, c.limit)
			crowd.serve(b, 10_000)
			b.ReportAllocs()
			b.ResetTimer()
			from, events := crowd.done, crowd.loop.Fired()
			crowd.serve(b, b.N)
			served := float64(crowd.done - from)
			b.ReportMetric(served/b.Elapsed().Seconds(), "tasks/s")
			b.ReportMetric(float64(crowd.loop.Fired()-events)/served, "events/task")
		})
	}
}

func TestTasksDoNotAllocateInTheSteadyState(t *testing.T) {
	for _, cores := range []float64{4, 400} {
		for _, limit := range []int64{0, 1500} {
			t.Run(fmt.Sprintf("%v cores, limit %dm", cores, limit), func(t *testing.T) {
				c := newCrowd(t, cores, 3, 16, limit)
				c.serve(t, 5000)
				end := c.loop.Now()
				ctx := context.Background()
				require.Zero(t, testing.AllocsPerRun(20, func() {
					end += sim.Time(200 * time.Millisecond)
					_ = c.loop.RunUntil(ctx, end)
				}))
			})
		}
	}
}
