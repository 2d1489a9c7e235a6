package statefulset

import "github.com/kube-rehearse/rehearse/sim/record"

// followRollout records the turns of a rollout. It is complete when kubectl
// rollout status says so (k8s.io/kubectl/pkg/polymorphichelpers/rollout_status.go).
func (ss *state) followRollout() {
	if s := ss.api.Status; s.UpdateRevision != ss.revision {
		ss.revision, ss.phase = s.UpdateRevision, record.RolloutStarted
		ss.recordRollout(record.RolloutStarted)
		return
	}
	if ss.phase == record.RolloutStarted && ss.rolledOut() {
		ss.phase = record.RolloutComplete
		ss.recordRollout(record.RolloutComplete)
	}
}

func (ss *state) rolledOut() bool {
	s, replicas := ss.api.Status, *ss.api.Spec.Replicas
	if s.ObservedGeneration != ss.api.Generation || s.ReadyReplicas < replicas {
		return false
	}
	if r := ss.api.Spec.UpdateStrategy.RollingUpdate; r != nil && r.Partition != nil && *r.Partition > 0 {
		return s.UpdatedReplicas >= replicas-*r.Partition
	}
	return s.UpdatedReplicas >= replicas
}

func (ss *state) recordRollout(phase record.RolloutPhase) {
	r := record.Rollout{At: ss.c.At(), Workload: ss.key, Phase: phase, Revision: ss.revision}
	for _, c := range ss.api.Spec.Template.Spec.Containers {
		r.Images = append(r.Images, c.Image)
	}
	ss.c.Record(r)
}
