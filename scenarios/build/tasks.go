package build

import (
	"fmt"
	"strconv"
	"strings"
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

// task reads how a process ends by itself.
func (b *builder) task(at string, w wire.Workload, k *kubelet.Behaviour) {
	k.Runs, k.CPU.Run, k.ExitCode = law(w.Runs), law(w.CPU.Run), int32(w.ExitCode)
	for _, d := range w.Lives {
		k.Lives = append(k.Lives, time.Duration(d))
	}
	ends := k.Runs != nil || k.CPU.Run != nil || len(k.Lives) > 0
	if w.ExitCode < 0 || w.ExitCode > 255 {
		b.fault(at+".exitCode", "must be from 0 to 255, got %d", w.ExitCode)
	}
	if ends && w.OnTerminate == "" && w.Service == nil {
		k.OnTerminate = kubelet.Exit // what a process without a handler does
	}
	if w.FailureRate == nil {
		return
	}
	k.FailureRate = float64(*w.FailureRate)
	if k.ExitCode == 0 {
		k.ExitCode = 1
	}
	if !ends {
		b.fault(at+".failureRate", "must stand with runs, lives or cpu.run, which say when the process ends")
	}
}

// ends reports whether pods of a kind are to end by themselves.
func ends(k *kinds.Kind) bool { return k != nil && k.EndsByItself }

// indexes reads completion indexes in the notation of a Job's status.
func (b *builder) indexes(at string, w wire.Workload) (list []cluster.IndexRange) {
	if w.Indexes == "" {
		return nil
	}
	if kind, _, _ := strings.Cut(w.Target, "/"); w.Target != "*" && !ends(b.objects.Kinds.Named(kind)) {
		b.fault(at+".indexes", "must stand with a target of kind %s, got %.80q", b.objects.Kinds.Alternatives(ends), w.Target)
	}
	for _, part := range strings.Split(w.Indexes, ",") {
		first, last, isRange := strings.Cut(strings.TrimSpace(part), "-")
		if !isRange {
			last = first
		}
		from, err := strconv.ParseUint(first, 10, 31)
		to, err2 := strconv.ParseUint(last, 10, 31)
		if err != nil || err2 != nil || to < from {
			b.fault(at+".indexes", "must be completion indexes like 1,3-5, got %.60q", w.Indexes)
			return nil
		}
		list = append(list, cluster.IndexRange{First: int(from), Last: int(to)})
	}
	return list
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
			if len(w.Indexes) > 0 || !w.Matches(t.Ref.Kind, t.Ref.Namespace, t.Ref.Name, c.Name) {
				continue
			}
			if w.Behaviour.Runs == nil && w.Behaviour.CPU.Run == nil {
				b.assumption("%s container %s: never ends, as its workload has neither runs nor cpu.run", t.Key(), c.Name)
			}
			break
		}
	}
}
