package finding

import (
	"fmt"

	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// findDecidingInit warns of init containers that request more than all containers that
// run later: the pod holds the larger of both for its whole life (PodRequests in
// k8s.io/component-helpers/resource/helpers.go).
func findDecidingInit(f *facts) []result.Finding {
	return f.eachWorkload(func(_ string, w *fold.WorkloadTotals) []result.Finding {
		var all []result.Finding
		for _, r := range []struct {
			name string
			of   func(record.Resources) float64
			text func(float64) string
		}{
			{"cpu", func(r record.Resources) float64 { return result.AmountsOf(r).CPU }, words.Cores},
			{"memory", func(r record.Resources) float64 { return result.AmountsOf(r).Memory }, words.Bytes},
			{"nvidia.com/gpu", func(r record.Resources) float64 { return result.AmountsOf(r).GPU },
				func(x float64) string { return words.Digits(x, 3) }},
		} {
			name, asked, later := deciding(&w.Declared, r.of)
			if name == "" {
				continue
			}
			all = append(all, result.Finding{
				What: fmt.Sprintf("init container %s makes each pod request %s of %s for its whole life: all that run after it request %s.",
					name, r.text(asked), r.name, r.text(later)),
				Change: fmt.Sprintf("Lower its requests.%s to at most %s, if it can do with it.", r.name, r.text(later)),
			})
		}
		return all
	})
}

// deciding is the init container that makes a pod request more of a resource than what
// runs after it; "" when there is none. An init container runs beside the sidecars that
// were started before it.
func deciding(w *record.Workload, of func(record.Resources) float64) (name string, asked, later float64) {
	for _, c := range w.Containers {
		later += of(c.Requests)
	}
	sidecars := 0.0
	for _, c := range w.InitContainers {
		if c.Sidecar {
			sidecars += of(c.Requests)
			continue
		}
		if needs := sidecars + of(c.Requests); needs > asked {
			name, asked = c.Name, needs
		}
	}
	if later += sidecars; asked <= later {
		return "", 0, 0
	}
	return name, asked, later
}
