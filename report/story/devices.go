package story

import (
	"strings"

	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// devices tells which claims have devices, and since when.
func (s *Story) devices(r record.Record) {
	switch r := r.(type) {
	case record.ClaimAllocated:
		text := "has " + words.And(r.Devices)
		s.note(r.T, "Allocated", "ResourceClaim "+r.Claim, text+", reserved for Pod "+strings.Join(r.Pods, ", Pod "))
		for _, p := range r.Pods {
			s.note(r.T, "Allocated", "Pod "+p, "its claim "+r.Claim+" "+text)
		}
	case record.ClaimReleased:
		s.note(r.T, "Released", "ResourceClaim "+r.Claim, "has no devices any more")
	}
}
