package scenarios_test

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// telling is how a drawn scenario is told. What is told otherwise must mean the same.
type telling struct {
	prefix string // of each name
	times  int    // all amounts of CPU and memory, of pods and of machines
	whole  bool   // amounts and times in other units
	order  []int  // of the documents, nil for as drawn
	split  int    // files that the documents stand in
	pods   int    // that fit on all machines
}

// drawn is a scenario of a seed.
type drawn struct {
	kinds    []string
	replicas []int
	cpu      []int // millicores
	steps    []string
	deadline int
}

func draw(seed uint64) drawn {
	r := rand.New(rand.NewPCG(seed, 3))
	d := drawn{deadline: 4 + r.IntN(8)}
	for range 2 + r.IntN(3) {
		d.kinds = append(d.kinds, []string{"Deployment", "Deployment", "StatefulSet", "DaemonSet", "Job"}[r.IntN(5)])
		d.replicas = append(d.replicas, 1+r.IntN(5))
		d.cpu = append(d.cpu, 100*(1+r.IntN(6)))
	}
	for at := 60; r.IntN(4) > 0 && at < 60*d.deadline; at += 40 + r.IntN(60) {
		i := r.IntN(len(d.kinds))
		target := fmt.Sprintf("%s/@w%d", d.kinds[i], i)
		var step string
		switch kind := d.kinds[i]; {
		case kind == "Job" || kind == "DaemonSet":
			step = "cordon: {node: '@cpu-0'}"
		case r.IntN(3) == 0:
			step = fmt.Sprintf("rollout: {target: %s, verb: restart}", target)
		case r.IntN(2) == 0:
			step = fmt.Sprintf("setImage: {target: %s, container: main, image: 'app:2'}", target)
		default:
			step = fmt.Sprintf("scale: {target: %s, replicas: %d}", target, r.IntN(6))
		}
		d.steps = append(d.steps, fmt.Sprintf("{at: %ds, %s}", at, step))
	}
	return d
}

// document is the manifest of the i-th workload.
func (d drawn) document(i int, t telling) string {
	cpu := fmt.Sprintf("%dm", d.cpu[i]*t.times)
	memory := fmt.Sprintf("%dMi", 256*t.times)
	if t.whole {
		cpu, memory = fmt.Sprintf("'%.1f'", float64(d.cpu[i]*t.times)/1000), fmt.Sprint(256*t.times<<20)
	}
	group, rest, restart := "apps/v1", fmt.Sprintf("replicas: %d, ", d.replicas[i]), "Always"
	selector := fmt.Sprintf("selector: {matchLabels: {app: %sw%d}}, ", t.prefix, i)
	switch d.kinds[i] {
	case "Job":
		group, restart, selector = "batch/v1", "Never", ""
		rest = fmt.Sprintf("completions: %d, parallelism: 2, ", d.replicas[i])
	case "DaemonSet":
		rest = ""
	}
	return fmt.Sprintf(
		"apiVersion: %s\nkind: %s\nmetadata: {name: %[3]sw%[4]d}\nspec: {%[5]s%[6]stemplate: {metadata: {labels: {app: %[3]sw%[4]d}}, "+
			"spec: {restartPolicy: %[7]s, containers: [{name: main, image: 'app:1', resources: {requests: {cpu: %[8]s, memory: %[9]s}}}]}}}\n",
		group, d.kinds[i], t.prefix, i, rest, selector, restart, cpu, memory)
}

// files are those of a telling; s.yaml is the scenario.
func (d drawn) files(t telling) fstest.MapFS {
	order := t.order
	if order == nil {
		for i := range d.kinds {
			order = append(order, i)
		}
	}
	duration, memory := fmt.Sprintf("%dm", d.deadline), fmt.Sprintf("%dGi", 64*t.times)
	if t.whole {
		duration, memory = fmt.Sprintf("%ds", 60*d.deadline), fmt.Sprint(64*t.times<<30)
	}
	files, names, workloads := fstest.MapFS{}, []string{}, []string{}
	for at, i := range order {
		name := fmt.Sprintf("m%d.yaml", at*t.split/len(order))
		if files[name] == nil {
			files[name] = &fstest.MapFile{}
			names = append(names, name)
		}
		files[name].Data = append(files[name].Data, "---\n"+d.document(i, t)...)
	}
	for i, kind := range d.kinds {
		runs := ""
		if kind == "Job" {
			runs = ", runs: 20s"
		}
		workloads = append(workloads, fmt.Sprintf("{target: %s/%sw%d, start: 3s%s}", kind, t.prefix, i, runs))
	}
	files["s.yaml"] = &fstest.MapFile{
		Data: []byte(fmt.Sprintf("apiVersion: rehearse.dev/v1alpha1\nkind: Scenario\nname: s\n"+
			"replications: 1\nduration: %s\ncluster: {pools: [{name: %scpu, count: 3, capacity: {cpu: %d, memory: %s, pods: %d}}]}\n"+
			"manifests: [%s]\nworkloads: [%s]\ntimeline: [%s]\n", duration, t.prefix, 16*t.times, memory, t.pods,
			strings.Join(names, ", "), strings.Join(workloads, ", "), strings.ReplaceAll(strings.Join(d.steps, ", "), "@",
				t.prefix)))}
	return files
}

func played(t *testing.T, files fstest.MapFS) (list []record.Record) {
	t.Helper()
	spec, err := scenarios.Load("s.yaml", scenarios.Options{FS: files})
	require.NoError(t, err, string(files["s.yaml"].Data))
	require.NoError(t, replicate.Run(t.Context(), spec, 1, nil, func(r record.Record) error {
		list = append(list, r)
		return nil
	}))
	return list
}

var place = regexp.MustCompile(`"source":"[^"]*",?`)

// exactly is all that a run says, but for the lines of files.
func exactly(t *testing.T, list []record.Record) (lines []string) {
	for _, r := range list {
		if _, head := r.(record.Run); head {
			continue
		}
		data, err := json.Marshal(r)
		require.NoError(t, err)
		lines = append(lines, r.Kind()+place.ReplaceAllString(string(data), ""))
	}
	return lines
}

// counts are how often what happened to which workload, without its prefix. When it
// did hangs on the luck of a name: each object's stream of chance is its name's.
func counts(list []record.Record, prefix string) map[string]int {
	n, of := map[string]int{}, map[string]string{}
	plain := func(name string) string { return strings.Replace(name, "/"+prefix+"w", "/w", 1) }
	for _, r := range list {
		switch r := r.(type) {
		case record.PodCreated:
			of[r.Pod] = plain(r.Owner)
			n["created "+of[r.Pod]]++
		case record.PodScheduled:
			n["scheduled "+of[r.Pod]]++
		case record.PodUnschedulable:
			n["unschedulable "+of[r.Pod]]++
		case record.PodDeleting:
			n["deleting "+of[r.Pod]+" "+string(r.Reason)]++
		case record.PodFinished:
			n["finished "+of[r.Pod]+" "+r.Phase]++
		case record.Rollout:
			n["rollout "+plain(r.Workload)+" "+string(r.Phase)]++
		case record.Scaled:
			n[fmt.Sprint("scaled ", plain(r.Workload), r.From, r.To)]++
		}
	}
	return n
}

// Splitting files leaves every byte as it is. Other units, larger pods on machines that
// are as much larger, other names, and another order of the documents while there is
// room for all leave what happens to each workload. The pods have other names, and so
// another luck: a ReplicaSet's name has the hash of its template, in which 256Mi and
// 268435456 are two texts, as upstream (pkg/controller/controller_utils.go).
func metamorphic(t *testing.T, seed uint64) {
	d := draw(seed)
	r := rand.New(rand.NewPCG(seed, 5))
	as := telling{times: 1, split: 1, pods: 110}
	first := played(t, d.files(as))
	want := exactly(t, first)
	require.NotEmpty(t, want)
	split := as
	split.split = len(d.kinds)
	require.Equal(t, want, exactly(t, played(t, d.files(split))), "split")
	for name, change := range map[string]func(*telling){
		"units":     func(t *telling) { t.whole = true },
		"scaled":    func(t *telling) { t.times = 2 + r.IntN(5) },
		"renamed":   func(t *telling) { t.prefix = []string{"a-", "zz-", "x1-y-"}[r.IntN(3)] },
		"reordered": func(t *telling) { t.order = r.Perm(len(d.kinds)) },
	} {
		other := as
		change(&other)
		require.Equal(t, counts(first, ""), counts(played(t, d.files(other)), other.prefix), "%s: %+v %+v", name, other, d)
	}
}

// FuzzMetamorphic tells scenarios otherwise.
func FuzzMetamorphic(f *testing.F) {
	for seed := range uint64(24) {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, seed uint64) { metamorphic(t, seed) })
}

// The order of documents counts where not all have room: the scheduler takes pods of
// the same priority by the time of their creation, the API server's order
// (pkg/scheduler/framework/plugins/queuesort/priority_sort.go). As many wait in all: of
// three places the first Deployment gets two.
func TestOrderOfDocumentsDecidesWhoWaits(t *testing.T) {
	d := drawn{kinds: []string{"Deployment", "Deployment"}, replicas: []int{3, 3}, cpu: []int{100, 100}, deadline: 2}
	waiting := func(order []int) (by [2]int) {
		n := counts(played(t, d.files(telling{times: 1, split: 1, pods: 1, order: order})), "")
		for i := range by {
			by[i] = n[fmt.Sprintf("created default/Deployment/w%d", i)] - n[fmt.Sprintf("scheduled default/Deployment/w%d", i)]
		}
		return by
	}
	require.Equal(t, [2]int{1, 2}, waiting([]int{0, 1}))
	require.Equal(t, [2]int{2, 1}, waiting([]int{1, 0}))
}
