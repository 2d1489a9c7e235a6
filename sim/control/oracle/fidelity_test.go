package oracle

import (
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

var update = flag.Bool("update", false, "write docs/fidelity.md anew")

const fidelityPage = "../../../docs/fidelity.md"

// compared is a controller and what it is compared by, besides whole clusters.
type compared struct {
	controller string
	// kinds are its objects in the random scenarios.
	kinds []string
	// tests are "folder file function" with random cases.
	tests      []string
	departures string
}

var fidelity = []compared{
	{"Deployment, ReplicaSet", []string{"Deployment", "ReplicaSet"},
		[]string{"sim/control/deployment twin_test.go TestEqualToUpstream",
			"sim/control/deployment state_test.go TestEqualToUpstreamInAnyState",
			"sim/control/deployment fuzz_test.go TestNearlyKnownSituations",
			"sim/control/replicaset twin_test.go TestEqualToUpstreamInAnyState",
			"sim/control/replicaset situation_test.go TestNearlyKnownScenes"},
		"no adoption or release of objects by changed labels. Pods that are equal in all that counts are deleted in the order of their UIDs; upstream takes the order of a map"},
	{"StatefulSet", []string{"StatefulSet"},
		[]string{"sim/control/statefulset twin_test.go TestStoriesAreThoseOfUpstreamsController"},
		"no adoption; names taken by others' pods are waited for, claims under deletion are not"},
	{"DaemonSet", []string{"DaemonSet"}, []string{"sim/control/daemonset twin_test.go TestEqualToUpstream"},
		"no adoption. Which of several nodes an update takes first is drawn from the seed; upstream takes the order of a map"},
	{"Job", []string{"Job"}, []string{"sim/control/job twin_test.go TestEqualToUpstream"},
		"no gangs (their gate is off in 1.37), `managedBy` or adoption"},
	{"CronJob", []string{"CronJob"}, []string{"sim/control/cronjob twin_test.go TestEqualToUpstream"},
		"the controller never restarts, and sees at once what it has written"},
	{"HorizontalPodAutoscaler", []string{"HorizontalPodAutoscaler"},
		[]string{"sim/control/hpa twin_test.go TestEqualToUpstream",
			"sim/control/hpa fuzz_test.go TestNearlyKnownSituations"},
		"a write of the scale never fails"},
	{"disruption, eviction", []string{"PodDisruptionBudget"},
		[]string{"sim/control/disruption twin_test.go TestEqualToUpstream",
			"sim/control/disruption stale_twin_test.go TestStaleConditionsAreResetAsUpstreamDoes"},
		"in whole clusters the eviction subresource is a second model of `eviction.go`, since the real one needs etcd"},
	{"node lifecycle, taint eviction", []string{"NodeFail", "NodeRemove", "Taint", "Drain", "Cordon"},
		[]string{"sim/control/nodelifecycle twin_test.go TestNodesFailAsUpstream"},
		"leases without the kubelet's jitter of 4 %. In whole clusters the pod garbage collector is a second model of `gc_controller.go`, since the real one needs cAdvisor"},
	{"garbage collection of dependents", []string{"Delete"}, nil,
		"in the background only: no foreground deletion, no orphans. A sync under way ends with its object; upstream's still makes the pods of its later batches, which the collector deletes some 20 ms later (random cluster 150)"},
	{"scheduler", []string{"Node"}, []string{"sim/sched twin_test.go TestChoicesOfFreshScheduler"},
		"it is the real one; PreBind and Bind plugins do not run, extenders are refused. Among nodes that are as good for a preemption upstream begins at a random one"},
	{"admission and quotas", []string{"ResourceQuota", "LimitRange"},
		[]string{"sim/apiserver/admission twin_test.go TestRandomPodsFareAsWithTheRealServer",
			"sim/apiserver/admission recount_test.go TestRecalculateAsTheRealController"},
		"they are the real plugins; what they see of other objects is listed in [model.md](model.md)"},
}

// differences are the time differences of entries, by kind of object.
type differences map[string][]sim.Time

func (l differences) add(o outcome) {
	for _, r := range o.Rows {
		if r.Recorded == nil || r.Simulated == nil || r.Recorded.Kind == truth.Step {
			continue
		}
		_, rest, _ := strings.Cut(r.Recorded.Object, "/")
		kind, _, _ := strings.Cut(rest, "/")
		l[kind] = append(l[kind], sim.Time(off(&r)))
	}
}

// of kinds are the differences of their objects, the smallest first.
func (l differences) of(kinds []string) (list []sim.Time) {
	for _, kind := range kinds {
		list = append(list, l[kind]...)
	}
	slices.Sort(list)
	return list
}

// appears reports whether a scenario has an object of a kind or an action of the
// timeline of that name.
func appears(spec *cluster.Spec, kind string) bool {
	objects := spec.Objects
	for _, s := range spec.Timeline {
		if a, is := s.Action.(cluster.Apply); is {
			objects = append(slices.Clone(objects), a.Objects...)
		}
		if kindOf(s.Action) == kind {
			return true
		}
	}
	for _, o := range objects {
		if kindOf(o) == kind {
			return true
		}
	}
	return kind == "Node"
}

// randomCases reads from a test how many seeds it plays.
func randomCases(t *testing.T, test string) int {
	part := strings.Fields(test)
	path := "../../../" + part[0] + "/" + part[1]
	file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
	require.NoError(t, err)
	most := 0
	number := func(x ast.Expr) {
		if lit, is := x.(*ast.BasicLit); is && lit.Kind == token.INT {
			n, _ := strconv.Atoi(lit.Value)
			most = max(most, n)
		}
	}
	for _, d := range file.Decls {
		f, is := d.(*ast.FuncDecl)
		if !is || f.Name.Name != part[2] {
			continue
		}
		ast.Inspect(f, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.RangeStmt:
				if c, is := n.X.(*ast.CallExpr); is && len(c.Args) == 1 {
					number(c.Args[0])
				}
			case *ast.ForStmt:
				if c, is := n.Cond.(*ast.BinaryExpr); is {
					number(c.Y)
				}
			}
			return true
		})
	}
	require.Positive(t, most, "%s plays no number of seeds", test)
	return most
}

// page is docs/fidelity.md. bounds are the largest time differences that it
// states, by controller.
func page(t *testing.T, scenarios int, bounds map[string]string) string {
	specs := make([]*cluster.Spec, scenarios)
	for i := range specs {
		specs[i] = scenario(uint64(i) + 1)
	}
	var b strings.Builder
	total := scenarios
	var rows strings.Builder
	for _, c := range fidelity {
		whole := 0
		for _, spec := range specs {
			if slices.ContainsFunc(c.kinds, func(kind string) bool { return appears(spec, kind) }) {
				whole++
			}
		}
		var single []string
		for _, test := range c.tests {
			n := randomCases(t, test)
			total += n
			part := strings.Fields(test)
			single = append(single, fmt.Sprintf("%d (`%s`, %s)", n, part[0], part[2]))
		}
		if len(single) == 0 {
			single = []string{"–"}
		}
		bound, cases := bounds[c.controller], "–"
		if bound == "" {
			bound = "–"
		}
		if len(c.kinds) > 0 {
			cases = strconv.Itoa(whole)
		}
		fmt.Fprintf(&rows, "| %s | %s | %s | %s | %s |\n", c.controller, strings.Join(single, ", "), cases, bound,
			c.departures)
	}
	fmt.Fprintf(&b, fidelityHead, total, scenarios)
	b.WriteString(rows.String())
	b.WriteString(fidelityTail)
	return b.String()
}

const fidelityHead = `# How true it is

Each controller is compared with Kubernetes 1.37.2 itself: alone, decision by decision, and in whole clusters. In the tests of this repository %d random
cases are played by both. This page is written by ` + "`go test ./sim/control/oracle -run TestRandomClusters -args -update`" + ` and held by the same test.

**Alone**: the real controller's caches are filled by hand and its sync is called; what it writes, its events and its requeues have to be ours, in the same order.

**Whole clusters** (` + "`sim/control/oracle`" + `): the real controllers and the real scheduler run with their real clients and work queues behind an API server in memory,
with the real admission plugins, in virtual time, on %d random scenarios: sizes, images, surge and unavailability as numbers and percentages, deadlines, budgets, quotas,
limit ranges, autoscalers with and without ` + "`behavior`" + ` on external metrics and on those of pods and objects, with gaps in between, taints, spread, priorities; in the middle
rollouts, drains, changed manifests, other requests, Jobs that are suspended, killed pods, taints, machines that join, fail and are taken away. The same pods have to
be created, bound to as many of each node, Ready, deleted and gone, at the same times. How long pods take to get ready comes from the simulated kubelets.

| controller | alone: random cases | in whole clusters | largest time difference | known departures |
|---|---|---|---|---|
`

const fidelityTail = `
Both worlds have the same latencies, so nearly everything happens in the same millisecond, and nothing is left out because it hangs on one. Where the first play of
Kubernetes is not ours, Kubernetes plays the scenario again, with calls, evictions and watches that take between half and twice the time: what it then does is one
of the things that the real one does, and ours has to be one of these. At most a twentieth of the scenarios may be so, and as many may hang on what Kubernetes does
differently each time, such as the nodes that a DaemonSet's controller takes first (it walks a map) or which of two pods gets room at once. Where Kubernetes always does
the same and the simulation does not, in more than a scenario of a hundred, the test fails. The largest time differences are those of the scenarios in which the first play agreed when this page was written; of every hundred, 99 have to be within them.

Where much happens at once it is requests that take time: fifteen crowds (TestCrowds: 240 pods that wait for a machine, 50 Deployments that come and go,
a machine of 60 pods that fails, …) show that the controllers' clients, events and workers hold each other up as upstream. ` + "`sim/manager`" + ` is compared with client-go's
own limiter, event recorder and work queue (TestSendsAsUpstream, TestSyncsAsUpstream).

An EndpointSlice that comes a second late since its controller met its own stale cache befell 4 of 76 bursts of two and more changes of pods in the recordings at hand,
and 7 of 40 in others; TestSlicesOfABurstAreLateAsOftenAsRecorded (` + "`sim/cluster`" + `) holds the simulation to their share, 9 %, and to the second.

A rule broken on purpose is seen, for every controller (the tests named Broken…). Eleven recordings of a real control plane are compared as well: [truth.md](truth.md).
The kubelet is held by recordings of a real one: [fidelity-kubelet.md](fidelity-kubelet.md).
`

// checkFidelity holds the page to what was measured.
func checkFidelity(t *testing.T, scenarios int, times differences) {
	bounds := map[string]string{}
	measured := map[string][]sim.Time{}
	for _, c := range fidelity {
		list := times.of(c.kinds)
		if measured[c.controller] = list; len(list) == 0 {
			bounds[c.controller] = "–"
			continue
		}
		up := (time.Duration(list[len(list)-1]) + 100*time.Millisecond).Truncate(100 * time.Millisecond)
		bounds[c.controller] = fmt.Sprintf("%.1f s", up.Seconds())
	}
	if *update {
		require.NoError(t, os.WriteFile(fidelityPage, []byte(page(t, scenarios, bounds)), 0o644))
		return
	}
	data, err := os.ReadFile(fidelityPage)
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^\| ([^|]+) \|[^|]*\|[^|]*\| (([0-9.]+) s|–) \|`).FindAllStringSubmatch(
		string(data), -1) {
		bounds[m[1]] = m[2]
		if m[3] != "" {
			stated, err := strconv.ParseFloat(m[3], 64)
			require.NoError(t, err)
			list := measured[m[1]]
			require.NotEmpty(t, list, m[1])
			require.LessOrEqual(t, list[len(list)*99/100].Seconds(), stated, m[1])
		}
	}
	require.Equal(t, string(data), page(t, scenarios, bounds),
		"docs/fidelity.md is not up to date: run this test with -args -update")
}
