package build

import (
	"fmt"
	"time"

	"github.com/kube-rehearse/rehearse/scenarios/objects"
	"github.com/kube-rehearse/rehearse/scenarios/wire"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kinds"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
)

// assumedRun is how long the containers of a Job work when nobody says it.
const assumedRun = time.Minute

// numbered reports whether pods of a kind have ordinals.
func numbered(k *kinds.Kind) bool { return k != nil && k.Numbered }

// ends reports whether pods of a kind are to end by themselves.
func ends(k *kinds.Kind) bool { return k != nil && k.EndsByItself }

// indexes reads completion indexes in the notation of a Job's status.
func (b *builder) indexes(at string, w wire.Workload) []cluster.IndexRange {
	return b.ranges(at+".indexes", "completion indexes", w.Indexes, w.Target, ends)
}

// assumeTask lets the containers of a Job end.
func (b *builder) assumeTask(t objects.Template, w *cluster.Workload) string {
	if !t.Ends {
		return ""
	}
	w.Behaviour.Runs, w.Behaviour.OnTerminate = distribution.Constant(assumedRun.Seconds()), kubelet.Exit
	return fmt.Sprintf(", ends well after %s", assumedRun)
}

// checkEnds states which Jobs can't end.
func (b *builder) checkEnds(t objects.Template, described []cluster.Workload) {
	if !t.Ends {
		return
	}
	for _, c := range t.Spec.Containers {
		for _, w := range described {
			if !w.Pods.All() || !w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
				continue
			}
			if w.Behaviour.Runs == nil && w.Behaviour.CPU.Run == nil {
				b.assumption("%s container %s: never ends, as its workload has neither runs nor cpu.run", t.Key(), c.Name)
			}
			break
		}
	}
}
