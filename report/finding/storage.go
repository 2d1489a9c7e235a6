package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/shortage"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findStorageLimits tells of pods that wrote more than a limit of theirs allows. Nothing
// holds a process back at such a limit: the kubelet evicts the whole pod, a little later.
func findStorageLimits(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) (all []result.Finding) {
		for _, e := range w.Shortages.Storage.Exceeded {
			of, change := limitOf(e)
			all = append(all, result.Finding{
				What: fmt.Sprintf("%s evicted%s: %s of %s was exceeded, up to %s by the node's statistics.",
					words.CountOf(int(e.N), "pod"), f.inRuns(e.Runs), of, words.Bytes(float64(e.Bytes)),
					words.Bytes(float64(e.Used))),
				Change: change,
			})
		}
		return all
	})
}

// limitOf names a limit and says what to do about it.
func limitOf(e shortage.Exceeded) (of, change string) {
	const less = ", or write less: what grows for ever exceeds every limit."
	switch e.Kind {
	case record.SizeLimit:
		return "the sizeLimit of volume " + e.Of, "Raise the sizeLimit of the emptyDir volume, delete what is no longer needed" + less
	case record.PodLimit:
		return "the limit of all containers' ephemeral-storage together, which counts logs, writable layers and emptyDir volumes,",
			"Raise limits.ephemeral-storage, write to a volume of a claim" + less
	}
	return fmt.Sprintf("the limit of container %s's ephemeral-storage, which counts its logs and writable layer,", e.Of),
		"Raise limits.ephemeral-storage of the container, write to an emptyDir volume, which only the pod's limit counts" + less
}

// findFullDisks tells of pods that went because the disk of their node was nearly full.
func findFullDisks(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		s := w.Shortages.Storage
		if s.Short == 0 {
			return nil
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s evicted%s, since the pods of a node together wrote more than its disk has: on %s. "+
				"One of those that went had written %s.", words.CountOf(int(s.Short), "pod"), f.inRuns(s.Runs), s.Node,
				words.Bytes(float64(s.Used))),
			Change: "Set requests.ephemeral-storage to what the pods write, so that fewer of them share a node, give the nodes larger " +
				"disks, or write less.",
		}}
	})
}
