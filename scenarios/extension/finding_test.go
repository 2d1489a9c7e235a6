package extension_test

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report"
	"github.com/kube-rehearse/rehearse/report/fold"
	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// mixedTemplates finds ReplicationControllers whose pods are of several templates at
// the end: nothing replaces the old ones.
var mixedTemplates = report.Rule{Name: "replicationcontroller-keeps-old-pods", Severity: "error",
	Find: func(_ *fold.Facts, r *result.Result) (list []result.Finding) {
		pods := map[string]map[string]int{} // by workload and revision
		for _, p := range r.Pods {
			if p.Deleting != nil || record.ParseKey(p.Owner).Kind != replicationController.Kind {
				continue
			}
			if pods[p.Owner] == nil {
				pods[p.Owner] = map[string]int{}
			}
			pods[p.Owner][p.Revision]++
		}
		for _, owner := range slices.Sorted(maps.Keys(pods)) {
			if of := pods[owner]; len(of) > 1 {
				images := slices.Sorted(maps.Keys(of))
				list = append(list, result.Finding{
					Object: record.ParseKey(owner).Object(),
					What:   fmt.Sprintf("at the end its pods run %d images, %v", len(of), images),
					Change: "Delete the old pods, or use a Deployment, which replaces them",
				})
			}
		}
		return list
	}}
