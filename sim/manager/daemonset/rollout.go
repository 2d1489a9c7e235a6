package daemonset

import (
	appsv1 "k8s.io/api/apps/v1"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// followNodes records how many nodes should run a pod, when that changed.
func (ds *state) followNodes() {
	desired := ds.api.Status.DesiredNumberScheduled
	if desired == ds.desired {
		return
	}
	ds.c.Record(record.Scaled{
		At: ds.c.At(), Workload: ds.key, From: max(0, ds.desired), To: desired, By: record.ByNodes,
	})
	ds.desired = desired
}

// startRollout records that the template's revision is another one.
func (ds *state) startRollout(r *appsv1.ControllerRevision) {
	ds.revision, ds.phase = r.Labels[appsv1.DefaultDaemonSetUniqueLabelKey], record.RolloutStarted
	ds.recordRollout(record.RolloutStarted)
}

// followRollout records that a rollout is complete, when kubectl rollout status
// says so (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go,
// DaemonSetStatusViewer; with OnDelete it doesn't say, and the same is meant).
func (ds *state) followRollout() {
	s := ds.api.Status
	observed := s.ObservedGeneration >= ds.api.Generation
	updated := s.UpdatedNumberScheduled >= s.DesiredNumberScheduled
	available := s.NumberAvailable >= s.DesiredNumberScheduled
	if ds.phase == record.RolloutStarted && observed && updated && available {
		ds.phase = record.RolloutComplete
		ds.recordRollout(record.RolloutComplete)
	}
}

func (ds *state) recordRollout(phase record.RolloutPhase) {
	r := record.Rollout{At: ds.c.At(), Workload: ds.key, Phase: phase, Revision: ds.revision}
	for _, c := range ds.api.Spec.Template.Spec.Containers {
		r.Images = append(r.Images, c.Image)
	}
	ds.c.Record(r)
}
