package finding

import (
	"fmt"
	"strings"
	"time"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/upstream"
	"github.com/kube-rehearse/rehearse/report/volumes"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// longHeld is how long a volume may take from one machine to another, with a detach and an
// attach, without being a finding.
const longHeld = sim.Time(2 * time.Minute)

// findHeldVolumes tells of pods that wait for a volume which another machine has: a volume
// that one machine alone can have stalls a rollout whose old pod stays until the new one is
// ready, and a machine that failed keeps its volumes.
func findHeldVolumes(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *fold.WorkloadTotals) []result.Finding {
		s := f.Volumes.Stall(key)
		if s == nil || s.AtEnd == 0 && s.Longest < longHeld {
			return nil
		}
		until := fmt.Sprintf("up to %s", words.Time(s.Longest))
		if s.AtEnd > 0 {
			until += fmt.Sprintf(", %d of them to the end", s.AtEnd)
		}
		change := "Delete the Node, or taint it node.kubernetes.io/out-of-service, when the machine is off for good."
		if s.Example.Own && !f.Volumes.Failed(s.Example.Holder) {
			change = "Let the old pod go first (strategy: Recreate, or maxSurge: 0 with maxUnavailable: 1), or use a " +
				"StorageClass with ReadWriteMany, or a StatefulSet with a claim for each pod."
		}
		return []result.Finding{{What: fmt.Sprintf("%s waited %s for a volume that node %s has (%s).",
			words.CountOf(s.Pods, "pod"), until, s.Example.Holder, strings.TrimSuffix(s.Example.Message, ".")), Change: change}}
	})
}

// mendVolumes is the change for a pod that the scheduler refuses for its volumes, and why
// it has none; "" for a pod that waits for something else.
func (f *facts) mendVolumes(p *fold.Pod) (lack, change string) {
	namespace, _ := record.SplitName(p.Name)
	if name, missing := upstream.MissingClaim(p.Message); missing {
		return "nobody made the claim", fmt.Sprintf("Create the PersistentVolumeClaim %s in namespace %s.", name, namespace)
	}
	if strings.Contains(p.Message, upstream.ClaimsUnbound) {
		if c := f.Volumes.Unbound(p.Claims); c != nil {
			return fmt.Sprintf("claim %s has no volume: %s", c.Name, strings.TrimSuffix(c.Message, ".")), mendClaim(c)
		}
	}
	for _, r := range lasting(p) {
		switch {
		case strings.HasPrefix(r.Reason, upstream.VolumeAway):
			for _, c := range f.Volumes.Placed(p.Claims) {
				return fmt.Sprintf("volume %s of claim %s is in %s alone", c.Volume, c.Name, c.Place),
					fmt.Sprintf("Make room in %s, or add a machine there.", c.Place)
			}
		case strings.HasPrefix(r.Reason, upstream.VolumesMissing):
			lack = "no PersistentVolume fits its claims"
			if c := f.Volumes.Unbound(p.Claims); c != nil {
				lack = "no PersistentVolume fits claim " + c.Name
			}
			return lack, "Make a PersistentVolume that fits, on a machine that has room for the pod."
		case strings.HasPrefix(r.Reason, upstream.VolumesFull):
			return "", "Add a machine, or an instance type that takes more volumes."
		}
	}
	return "", ""
}

// mendClaim is the change for a claim that is not bound.
func mendClaim(c *volumes.Claim) string {
	class, missing := upstream.MissingStorageClass(c.Message)
	switch {
	case missing:
		return fmt.Sprintf(
			"Create the StorageClass %s, or name one that there is. Where the cluster has it: add it to the manifests "+
				"(kubectl get storageclass -o yaml).", class)
	case c.Reason == "ExternalProvisioning":
		return fmt.Sprintf(
			"Install the driver of StorageClass %s. Where it is installed: add its CSIDriver to the manifests, "+
				"or name it in cluster.storage.drivers.", c.Class)
	case c.Reason == "VolumeMismatch":
		return "Let the claim ask for what the volume has, or make a volume that has it."
	case c.Class == "":
		return "Name a StorageClass in the claim, or make a PersistentVolume that fits it."
	}
	return "Make a PersistentVolume that fits the claim."
}
