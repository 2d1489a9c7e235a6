package oracle

import (
	"fmt"
	"slices"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// script is what the simulated kubelets did with the pods of a run. The nodes
// of the oracle repeat it, so that all that is compared are decisions: how long
// a pod takes to get ready is not one.
type script struct {
	lives map[string]*life // by workload, revision and place among its pods
	// kills are the pods that were killed at a time, by place; those that had no
	// node by their place among these.
	kills map[sim.Time][]string
}

// life is what a kubelet tells of one pod.
type life struct {
	pod   string // workload and number, by which its kubelet draws its reactions
	bound sim.Time
	turns []turning
	// exits is when the main container ends by itself, 0 never, and failed how.
	exits  sim.Time
	failed bool
	// over: what follows comes of the deletion of the twin.
	over bool
}

// turning is one change of a pod's status.
type turning struct {
	at   sim.Time
	what string // started, ready, unready, Succeeded, Failed, or touched: anything else
	last bool   // of a status: what follows in the same instant is told by another
}

// places counts the pods of workloads.
type places struct {
	revisions map[string][]string // by workload
	counts    map[string]int
}

func newPlaces() *places { return &places{map[string][]string{}, map[string]int{}} }

// next names a pod among those of its workload and revision, by the order in
// which they get their nodes. Revisions are numbered, as their hashes may differ.
func (p *places) next(workload, revision string) string {
	n := slices.Index(p.revisions[workload], revision)
	if n < 0 {
		n = len(p.revisions[workload])
		p.revisions[workload] = append(p.revisions[workload], revision)
	}
	k := fmt.Sprint(workload, " r", n)
	p.counts[k]++
	return fmt.Sprint(k, " #", p.counts[k])
}

// scriptOf reads the records of one replication.
func scriptOf(records []record.Record) *script {
	s := &script{lives: map[string]*life{}, kills: map[sim.Time][]string{}}
	placed, waiting := map[string]string{}, map[string][]string{}
	pods, places, created := map[string]*life{}, newPlaces(), map[string]record.PodCreated{}
	numbers, names := map[string]int{}, map[string]string{}
	tell := func(t sim.Time, pod, what string) {
		if l := pods[pod]; l != nil && !l.over {
			l.turns = append(l.turns, turning{at: t, what: what})
		}
	}
	for _, r := range records {
		switch r := r.(type) {
		case record.PodCreated:
			created[r.Pod] = r
			numbers[r.Owner]++
			names[r.Pod] = fmt.Sprintf("%s#%d", r.Owner, numbers[r.Owner])
			waiting[r.Owner] = append(waiting[r.Owner], r.Pod)
		case record.PodScheduled:
			leave(waiting, created[r.Pod])
			l := &life{pod: names[r.Pod], bound: r.T}
			pods[r.Pod] = l
			placed[r.Pod] = places.next(created[r.Pod].Owner, created[r.Pod].Revision)
			s.lives[placed[r.Pod]] = l
		case record.ContainerStarted:
			if r.Container == mainContainer {
				tell(r.T, r.Pod, "started")
			} else {
				tell(r.T, r.Pod, "touched")
			}
		case record.ContainerExited:
			if l := pods[r.Pod]; l != nil && r.Container == mainContainer && r.Cause == "exited" {
				l.exits, l.failed = r.T, r.ExitCode != 0
			} else if l != nil && r.Container != mainContainer && !l.over {
				// The sync that sees the end writes a status before it starts the next container.
				l.turns = append(l.turns, turning{at: r.T, what: "touched", last: true})
			}
		case record.PodReady:
			what := "unready"
			if r.Ready {
				what = "ready"
			}
			tell(r.T, r.Pod, what)
		case record.PodFinished:
			tell(r.T, r.Pod, r.Phase)
		case record.PodDeleting:
			if r.Reason == "killed" {
				place := placed[r.Pod]
				if owner := created[r.Pod].Owner; place == "" {
					place = waitingPlace(slices.Index(waiting[owner], r.Pod))
				}
				s.kills[r.T] = append(s.kills[r.T], place)
			}
			if l := pods[r.Pod]; l != nil {
				l.over = true
			}
		case record.PodGone:
			leave(waiting, created[r.Pod])
			delete(pods, r.Pod)
		}
	}
	return s
}

func leave(waiting map[string][]string, p record.PodCreated) {
	waiting[p.Owner] = slices.DeleteFunc(waiting[p.Owner], func(name string) bool { return name == p.Pod })
}

// waitingPlace is the place of the pods of a workload that have no node.
func waitingPlace(i int) string { return fmt.Sprint("waiting #", i) }
