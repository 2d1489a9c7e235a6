package rollout

import (
	"fmt"
	"math"
	"regexp"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// Workload is what is known of the workload that is updated, as far as changes depend on
// it.
type Workload struct {
	// Name is Kind/name, or Kind/namespace/name, as --set takes it.
	Name string
	// Field of spec is where it says how pods are replaced: strategy or updateStrategy;
	// "" for nowhere.
	Field     string
	Strategy  record.Strategy
	Replicas  int32
	Readiness bool // it has a readiness probe
	// Container is the position of the container that serves, Port what it listens on, 0
	// for none, and PreStop says that it has such a hook.
	Container int
	Port      int32
	PreStop   bool
	Grace     int64 // terminationGracePeriodSeconds
}

// Change is one change of the input that may mend an update.
type Change struct {
	// Of is what it changes. Two changes of the same don't go together.
	Of string
	// Name says in few words what it comes to.
	Name string
	// Set are values of --set, Nodes those of --nodes in place of the given ones.
	Set   []string
	Nodes []string
}

// names says in few words what changes come to.
func names(changes []Change) string {
	var list []string
	for _, c := range changes {
		list = append(list, c.Name)
	}
	return strings.Join(list, " + ")
}

// Flags are the changes as a person types them.
func Flags(changes []Change) []string {
	list := []string{}
	for _, c := range changes {
		for _, n := range c.Nodes {
			list = append(list, "--nodes "+quoted(n))
		}
		for _, s := range c.Set {
			list = append(list, "--set "+quoted(s))
		}
	}
	return list
}

var plain = regexp.MustCompile(`^[A-Za-z0-9/.:=,_-]+$`)

// quoted is a word for a shell.
func quoted(word string) string {
	if plain.MatchString(word) {
		return word
	}
	return "'" + word + "'"
}

// longGrace is a grace period longer than most turns of agents take, and drainSleep
// longer than proxies take to forget an endpoint.
const (
	longGrace  = 600
	drainSleep = 15
)

// Changes are the changes that may mend the update of a workload, but for machines.
func Changes(w Workload) []Change {
	var list []Change
	set := func(of, name, path, value string) {
		list = append(list, Change{Of: of, Name: name, Set: []string{w.Name + ":" + path + "=" + value}})
	}
	for _, r := range replacing(w) {
		set("strategy", r.name, "spec."+w.Field, r.value)
	}
	const template = "spec.template.spec"
	container := fmt.Sprintf("%s.containers[%d]", template, w.Container)
	if !w.Readiness && w.Port > 0 {
		set("readiness", "readinessProbe", container+".readinessProbe",
			fmt.Sprintf("{tcpSocket: {port: %d}, periodSeconds: 5}", w.Port))
	}
	if w.Grace < longGrace {
		set("grace", fmt.Sprintf("grace period of %d s", longGrace), template+".terminationGracePeriodSeconds",
			strconv.Itoa(longGrace))
	}
	if !w.PreStop {
		set("preStop", fmt.Sprintf("preStop sleep of %d s", drainSleep), container+".lifecycle.preStop",
			fmt.Sprintf("{sleep: {seconds: %d}}", drainSleep))
	}
	return list
}

// replacement is a way to replace pods.
type replacement struct{ name, value string }

// replacing are ways to replace pods, but for the present one and those that come to the
// same.
func replacing(w Workload) []replacement {
	u := w.Strategy.Update
	if w.Field == "" || u == nil {
		return nil
	}
	if u.PodManagement != "" { // pods with ordinals: one after the other
		if u.Type == "RollingUpdate" && u.Partition == 0 {
			return nil
		}
		return []replacement{{"RollingUpdate", "{type: RollingUpdate}"}}
	}
	known := map[[2]int]bool{}
	if surge, unavailable := w.Strategy.Limits(); surge != nil {
		known[comesTo(*surge, *unavailable, w.Replicas)] = true
	}
	var list []replacement
	for _, l := range [][2]record.Limit{{{N: 0}, {N: 1}}, {{N: 1}, {N: 0}}, {{N: 0}, {N: 50, Percent: true}},
		{{N: 100, Percent: true}, {N: 0}}} {
		if pods := comesTo(l[0], l[1], w.Replicas); !known[pods] {
			known[pods] = true
			list = append(list, replacement{fmt.Sprintf("maxSurge %s, maxUnavailable %s", l[0], l[1]),
				fmt.Sprintf("{type: RollingUpdate, rollingUpdate: {maxSurge: %s, maxUnavailable: %s}}", l[0], l[1])})
		}
	}
	if w.Field == "strategy" && u.Type != "Recreate" {
		list = append(list, replacement{"Recreate", "{type: Recreate}"})
	}
	return list
}

// comesTo are the pods that limits mean: percentages of maxSurge are rounded up, those of
// maxUnavailable down, and 0 and 0 is 0 and 1 (ResolveFenceposts in
// k8s.io/kubernetes/pkg/controller/deployment/util/deployment_util.go).
func comesTo(surge, unavailable record.Limit, replicas int32) [2]int {
	pods := [2]int{int(surge.N), int(unavailable.N)}
	if surge.Percent {
		pods[0] = int(math.Ceil(float64(surge.N) * float64(replicas) / 100))
	}
	if unavailable.Percent {
		pods[1] = int(math.Floor(float64(unavailable.N) * float64(replicas) / 100))
	}
	if pods == [2]int{} {
		pods[1] = 1
	}
	return pods
}

var counted = regexp.MustCompile(`^(\d+)(x.*)$`)

// OneMore are the changes that add one machine: of each --nodes by itself.
func OneMore(given []string) []Change {
	var list []Change
	for i, text := range given {
		m := counted.FindStringSubmatch(text)
		if m == nil {
			continue
		}
		n, err := strconv.Atoi(m[1])
		if err != nil {
			continue
		}
		nodes := append([]string(nil), given...)
		nodes[i] = strconv.Itoa(n+1) + m[2]
		list = append(list, Change{Of: "machines", Name: nodes[i], Nodes: nodes})
	}
	return list
}

// mostRounds is how many changes are combined at most.
const mostRounds = 3

// Play plays some combinations of changes, each with the update and without.
type Play func(combinations [][]Change) ([]*Trial, error)

// Mend tries the changes one by one and adds further ones to the best as long as that
// helps. It returns all that was tried, in the order of trying, and the best, nil when
// none is better than what was given.
func Mend(given *Trial, changes []Change, play Play) (tried []*Trial, best *Trial, err error) {
	best = given
	var chosen []Change
	for range mostRounds {
		var combinations [][]Change
		for _, c := range changes {
			if !has(chosen, c.Of) {
				combinations = append(combinations, append(append([]Change(nil), chosen...), c))
			}
		}
		if len(combinations) == 0 {
			break
		}
		trials, err := play(combinations)
		if err != nil {
			return nil, nil, err
		}
		for i, t := range trials {
			t.Setting, t.Flags, t.Changes = names(combinations[i]), Flags(combinations[i]), combinations[i]
		}
		tried = append(tried, trials...)
		before, better := best, -1
		for i, t := range trials {
			if helps(t, before) && (better < 0 || t.Better(best) < 0) {
				best, better = t, i
			}
		}
		if better < 0 || best.Fine() {
			break
		}
		chosen = combinations[better]
	}
	if best == given {
		return tried, nil, nil
	}
	return tried, best, nil
}

// OnSameMachines is the best of the trials that end in every replication without a further
// machine, where the best of all has one; nil when that needs none, or when there is no such.
func OnSameMachines(given, best *Trial, tried []*Trial) (same *Trial) {
	if best == nil || best.Machines <= given.Machines {
		return nil
	}
	for _, t := range tried {
		if t.Finished == t.Replications && t.Machines <= given.Machines && (same == nil || t.Better(same) < 0) {
			same = t
		}
	}
	return same
}

// helps reports whether a trial finishes more often, or loses less without finishing
// less often.
func helps(t, before *Trial) bool {
	return t.Finished > before.Finished || t.Finished == before.Finished && t.Lost.Failed < before.Lost.Failed
}

func has(changes []Change, of string) bool {
	for _, c := range changes {
		if c.Of == of {
			return true
		}
	}
	return false
}
