package finding

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// From these on a failover counts as slow: well below the 300 s that pods stay
// on a node that is NotReady when their manifest does not say otherwise.
const (
	slowEviction    = sim.Time(2 * time.Minute)
	slowTermination = sim.Time(2 * time.Minute)
)

// findStranded tells of StatefulSets whose pods waited for a failed machine.
func findStranded(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		e := w.Evidence.Failovers
		if kind := record.ParseKey(key).Kind; kind != "StatefulSet" || e.Terminated < slowTermination {
			return nil
		}
		end := ""
		if e.Example.Gone == nil {
			end = ", to the end"
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"pod %s terminates for %s on failed node %s%s%s; a StatefulSet does not replace a pod before it is gone.",
				e.Example.Name, words.Time(e.Terminated), e.Example.Node, end, f.inRuns(e.Runs)),
			Change: "When a machine is known to be down, put the taint node.kubernetes.io/out-of-service=nodeshutdown:NoExecute on its node, or delete the node: only then a new pod can take over.",
		}}
	})
}

// findSlowFailovers tells of pods that stayed long on a node that was NotReady.
func findSlowFailovers(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		e := w.Evidence.Failovers
		if kind := record.ParseKey(key).Kind; e.Waited < slowEviction ||
			(kind == "StatefulSet" && e.Terminated >= slowTermination) {
			return nil // of a stranded pod the other rule tells
		}
		return []result.Finding{{
			What: fmt.Sprintf(
				"%s kept a place on failed nodes%s, for up to %s after the node was NotReady, before anything replaced them.",
				words.CountOf(int(e.N), "pod"), f.inRuns(e.Runs), words.Time(e.Waited)),
			Change: "Tolerate node.kubernetes.io/unreachable and node.kubernetes.io/not-ready (NoExecute) for less than the default of 300 s, e.g. tolerationSeconds: 30, or run a replica more, spread over nodes.",
		}}
	})
}
