package story

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// ofClaims are the types of the events of claims that are no faults by themselves.
var ofClaims = map[string]bool{"WaitForFirstConsumer": true, "WaitForPodScheduled": true, "ExternalProvisioning": true,
	"FailedBinding": true}

// volumes tells what the controllers of volumes and the kubelets report of claims and
// volumes.
func (s *Story) volumes(r record.Record) {
	switch r := r.(type) {
	case record.ClaimWaiting:
		kind := "Warning"
		if ofClaims[r.Reason] {
			kind = "Normal"
		}
		s.add(r.T, kind, r.Reason, "PersistentVolumeClaim "+r.Claim, r.Message)
	case record.ClaimBound:
		text := "bound to volume " + r.Volume
		if r.Place != "" {
			text += " in " + r.Place
		}
		s.note(r.T, "Bound", "PersistentVolumeClaim "+r.Claim, text)
	case record.VolumeWaiting:
		s.add(r.T, "Warning", r.Reason, "Pod "+r.Pod, r.Message)
	case record.VolumeAttached:
		s.note(r.T, "Attached", "Node "+r.Node, fmt.Sprintf("has volume %s after %s", r.Volume, words.Time(r.Took)))
	case record.VolumeDetached:
		text := "has volume " + r.Volume + " no more"
		if r.Forced {
			text += ", without having been asked"
		}
		s.note(r.T, "Detached", "Node "+r.Node, text)
	case record.VolumesMounted:
		s.note(r.T, "Mounted", "Pod "+r.Pod, "has its volumes after "+words.Time(r.Took))
	}
}
