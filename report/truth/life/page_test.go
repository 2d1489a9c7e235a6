package life_test

import (
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/truth/life"
)

var update = flag.Bool("update", false, "write docs/fidelity-kubelet.md anew")

const pagePath = "../../../docs/fidelity-kubelet.md"

const pageHead = `# How true the kubelet is

Kubelet 1.37.2 with containerd 2.2.9 was recorded, on a machine of two cores (` + "`testdata/truth-kubelet`" + `). Each recorded time is
ranked among those of 200 seeds. Where the simulation draws from the law of the real thing, the ranks of all times of a kind are as
uniform as dice; p is the probability that dice are as uneven (Kolmogorov–Smirnov), and has to be above 0.01. What happened in a
recording has to happen in the simulation in at least 2 of 100 seeds, and the other way round.

This page is written by ` + "`go test ./report/truth/life -update`" + ` and held by the same test.

Each of the rules of the kubelet's model in TestBrokenRulesAreSeen was broken on purpose, one after the other, and a test of
the model saw it (` + "`make broken`" + `: all 35, in two runs on 2026-11-30). The evictions of evict-ignore, their
order and pace, a rollout as fast as the recorded one and that a pod's chance is its own are held by tests beside the ranks.

**The kubelet's own code** (` + "`sim/kubelet/oracle`" + `) lives 1,000 random pods in virtual time beside the model, in ` + "`make test`" + `, and
others in ` + "`make soak`" + `: probes of all kinds, exits, kills, hooks, sidecars, init containers, restart policies, grace periods, deletions at any moment. It is put
together from its parts as NewMainKubelet does it: the loop, pod workers, SyncPod, SyncTerminatingPod and SyncTerminatedPod, the
prober, kuberuntime, the PLEG, the work queue and the status manager, over a container runtime whose processes follow programs. When
processes begin, end and are killed, phases, the conditions Ready and Initialized, each container's state and the object's end are
the same, to 20 µs, with the latencies of the runtime set alike. Where two goroutines act in the same instant the kubelet is tried
again, up to 30 times; of the last 1,000 pods 3 needed that. Not had: NewMainKubelet and Run themselves (they open /dev/kmsg, watch folders and listen,
for which virtual time does not go on), and so the eviction manager's loop, cAdvisor, volumes, image pulls, probes over the
network, node status and restarts of the kubelet. wait.Jitter draws one number per run there, and reasons of waiting are not
compared.

A machine's shutdown follows pkg/kubelet/nodeshutdown; stories hold it (` + "`testdata/kubelet/shutdown`, `testdata/stories/machines`" + `). No
recording has one.

| kind | from | to | times | p |
|---|---|---|---|---|
`

// spans are what the kinds of measures are between.
var spans = map[string][2]string{
	"starts": {"binding", "first process"}, "Ready": {"newest begin of a process", "Ready"},
	"restarts": {"end of a life, or its begin where the process was killed", "begin of the next"},
	"ends":     {"last exit", "Succeeded or Failed"}, "gone": {"last exit after a deletion", "end of the object"},
	"evictions": {"an eviction", "the next on the node"},
}

// page is docs/fidelity-kubelet.md while it is written.
type page struct{ kinds, rows strings.Builder }

func (p *page) kind(name string, times int, probability float64) {
	if times > 0 {
		fmt.Fprintf(&p.kinds, "| %s | %s | %s | %d | %.3f |\n", name, spans[name][0], spans[name][1], times, probability)
	}
}

// add writes a row for each measure of a case: what was recorded in its runs, and the
// least, median and most of the seeds.
func (p *page) add(name string, ranks []life.Rank) {
	var order []string
	runs := map[string][]life.Rank{}
	for _, r := range ranks {
		key := r.Measure.String()
		if runs[key] == nil {
			order = append(order, key)
		}
		runs[key] = append(runs[key], r)
	}
	for _, key := range order {
		var recorded []string
		list := runs[key]
		slices.SortFunc(list, func(a, b life.Rank) int { return a.Run - b.Run })
		for _, r := range list {
			recorded = append(recorded, fmt.Sprintf("%.2f", r.Recorded))
		}
		fmt.Fprintf(&p.rows, "| %s | %s | %s | %.2f … %.2f … %.2f |\n", name, key, strings.Join(recorded, " "), list[0].Low,
			list[0].Median, list[0].Top)
	}
}

func (p *page) check(t *testing.T) {
	t.Helper()
	text := pageHead + p.kinds.String() +
		"\nSeconds; of the simulation the least, the median and the most of the seeds.\n\n" +
		"| case | time | recorded, run by run | simulated |\n|---|---|---|---|\n" + p.rows.String()
	if *update {
		require.NoError(t, os.WriteFile(pagePath, []byte(text), 0o644))
		return
	}
	held, err := os.ReadFile(pagePath)
	require.NoError(t, err)
	require.Equal(t, string(held), text, "docs/fidelity-kubelet.md: go test ./report/truth/life -update")
}
