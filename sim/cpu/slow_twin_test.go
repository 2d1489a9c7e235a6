package cpu

import (
	"cmp"
	"math"
	"math/big"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
)

// slowNode is the law of the CPU written down, one nanosecond after the other:
// every task has its own remaining service, every speed is worked out anew by
// rational arithmetic in every nanosecond, and nothing is planned ahead.
type slowNode struct {
	cores  *big.Rat
	queues int64
	period int64
	groups []*slowGroup
	tasks  []*slowTask
	seq    int
	log    []completion
	seen   []sight
}

type slowGroup struct {
	Resources
	spent              *big.Int // 2^-32 core-ns
	used               *big.Int
	counted, flagged   bool
	periods, throttles int64
	throttled, cpu     int64
}

type slowTask struct {
	group   *slowGroup
	running bool
	threads int64
	rest    *big.Int // service per thread still to come, 2^-32 ns
	seq     int
	again   int
	work    int64
}

var slowOne = big.NewInt(one)

func (n *slowNode) start(t *slowTask, g *slowGroup, threads, work int64) {
	n.seq++
	t.group, t.running, t.threads, t.seq, t.work = g, true, max(threads, 1), n.seq, work
	t.rest = new(big.Int).Mul(big.NewInt(max(work, 0)), slowOne)
	t.rest.Add(t.rest, big.NewInt(t.threads-1))
	t.rest.Div(t.rest, big.NewInt(t.threads))
}

// refill begins the quota periods that begin at t.
func (n *slowNode) refill(t int64) {
	for _, g := range n.groups {
		if (t-int64(g.Offset))%n.period == 0 {
			g.forget()
		}
	}
}

func (g *slowGroup) forget() {
	g.spent, g.counted, g.flagged = new(big.Int), false, false
}

func (g *slowGroup) set(r Resources) {
	if g.Quota == 0 || g.Offset != r.Offset {
		g.forget()
	}
	g.Resources = r
}

// complete ends the tasks that have had all their service, until there is none.
func (n *slowNode) complete(s *script, t int64) {
	for {
		var ended []int
		for i, task := range n.tasks {
			if task.running && task.rest.Sign() <= 0 {
				ended = append(ended, i)
			}
		}
		if ended == nil {
			return
		}
		slices.SortFunc(ended, func(a, b int) int { return cmp.Compare(n.tasks[a].seq, n.tasks[b].seq) })
		seqs := make([]int, len(ended))
		for k, i := range ended {
			seqs[k] = n.tasks[i].seq
		}
		for k, i := range ended {
			task := n.tasks[i]
			if !task.running || task.seq != seqs[k] {
				continue // cancelled, or cancelled and started anew, by one before
			}
			task.running = false
			n.log = append(n.log, completion{sim.Time(t), i})
			if task.again > 0 {
				task.again--
				n.start(task, task.group, task.threads, task.work)
			}
			for _, o := range s.upon[i] {
				n.do(o)
			}
		}
	}
}

func (n *slowNode) threads(g *slowGroup) (count int64) {
	for _, t := range n.tasks {
		if t.running && t.group == g {
			count += t.threads
		}
	}
	return count
}

// step is the nanosecond from t.
func (n *slowNode) step() {
	var runnable []*slowGroup
	threads := map[*slowGroup]int64{}
	for _, g := range n.groups {
		count := n.threads(g)
		threads[g] = count
		if count == 0 {
			continue
		}
		limited := g.Quota > 0
		if limited && !g.counted {
			g.counted = true
			g.periods++
		}
		quota := new(big.Int).Mul(big.NewInt(int64(g.Quota)), slowOne)
		if limited && g.spent.Cmp(quota) >= 0 {
			if !g.flagged {
				g.flagged = true
				g.throttles++
			}
			g.throttled++
			g.cpu += min(g.atOnce(count), n.queues)
			continue
		}
		runnable = append(runnable, g)
	}
	speeds := n.speeds(runnable, threads)
	for i, g := range runnable {
		use := new(big.Int).Mul(speeds[i], big.NewInt(threads[g]))
		g.used.Add(g.used, use)
		g.spent.Add(g.spent, use)
		for _, t := range n.tasks {
			if t.running && t.group == g {
				t.rest.Sub(t.rest, speeds[i])
			}
		}
	}
}

// speeds is weighted max-min fairness, by raising the water level from one
// group's fill to the next.
func (n *slowNode) speeds(groups []*slowGroup, threads map[*slowGroup]int64) []*big.Int {
	level := func(g *slowGroup) *big.Rat { return big.NewRat(g.atOnce(threads[g]), int64(g.Weight)) }
	byLevel := slices.Clone(groups)
	slices.SortStableFunc(byLevel, func(a, b *slowGroup) int { return level(a).Cmp(level(b)) })
	left, weight := new(big.Rat).Set(n.cores), int64(0)
	for _, g := range groups {
		weight += int64(g.Weight)
	}
	rate := map[*slowGroup]*big.Rat{}
	for _, g := range byLevel {
		share := new(big.Rat).Mul(left, big.NewRat(int64(g.Weight), weight))
		if wants := big.NewRat(g.atOnce(threads[g]), 1); wants.Cmp(share) < 0 {
			share = wants
		}
		rate[g] = share
		left = new(big.Rat).Sub(left, share)
		weight -= int64(g.Weight)
	}
	speeds := make([]*big.Int, len(groups))
	for i, g := range groups {
		perThread := new(big.Rat).Mul(rate[g], big.NewRat(one, threads[g]))
		speeds[i] = new(big.Int).Div(perThread.Num(), perThread.Denom())
	}
	return speeds
}

// atOnce is how many of so many threads can run at the same time.
func (g *slowGroup) atOnce(threads int64) int64 {
	if g.Threads > 0 {
		return min(threads, int64(g.Threads))
	}
	return threads
}

func (g *slowGroup) stats() Stats {
	used := new(big.Int).Rsh(g.used, 32)
	return Stats{dur(used.Int64()), g.periods, g.throttles, dur(g.throttled), dur(g.cpu)}
}

func (t *slowTask) remaining() int64 {
	if !t.running || t.rest.Sign() <= 0 {
		return 0
	}
	rest := new(big.Int).Mul(t.rest, big.NewInt(t.threads))
	return rest.Rsh(rest, 32).Int64()
}

func newSlowNode(s *script) *slowNode {
	n := &slowNode{
		cores:  big.NewRat(int64(math.Round(s.cores*one)), one),
		queues: int64(math.Ceil(s.cores)),
		period: int64(s.period),
	}
	for _, r := range s.groups {
		n.groups = append(n.groups, &slowGroup{Resources: r, spent: new(big.Int), used: new(big.Int)})
	}
	for _, again := range s.again {
		n.tasks = append(n.tasks, &slowTask{again: again})
	}
	return n
}

// play runs a script and returns what was seen.
func (n *slowNode) play(s *script) ([]completion, []sight) {
	ops := s.ops
	for t := int64(0); t <= int64(s.end); t++ {
		n.refill(t)
		for ; len(ops) > 0 && ops[0].at == sim.Time(t); ops = ops[1:] {
			n.do(ops[0])
		}
		n.complete(s, t)
		n.step()
	}
	return n.log, n.seen
}

func (n *slowNode) do(o op) {
	g, task := n.groups[o.group], n.tasks[o.task]
	switch o.kind {
	case opStart:
		if !task.running {
			n.start(task, g, int64(o.threads), int64(o.work))
		}
	case opCancel:
		task.running = false
	case opKill:
		for _, t := range n.tasks {
			t.running = t.running && t.group != g
		}
	case opSet:
		g.set(o.resources)
	case opLook:
		total := new(big.Int)
		for _, g := range n.groups {
			total.Add(total, g.used)
		}
		n.seen = append(n.seen, sight{g.stats(), dur(task.remaining()), dur(total.Rsh(total, 32).Int64())})
	}
}
