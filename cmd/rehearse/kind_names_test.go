package main

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// workloadKinds are the kinds that only their own packages may name.
var workloadKinds = []string{"StatefulSet", "CronJob", "DaemonSet", "ReplicaSet", "Deployment", "Job"}

// kindsAtHome are the folders and files whose purpose it is to know one kind from
// another.
var kindsAtHome = []string{
	"sim/kinds/", "sim/control/", "sim/manager/", "sim/keda/", "sim/describe/", "sim/cluster/controllers.go",
	"scenarios/manifest/",
}

// kindsByName are the files elsewhere that name kinds, and why they have to.
var kindsByName = map[string]string{
	"report/explain/events.go":             "tells the events of a Deployment together with those of its ReplicaSets",
	"report/finding/cronjobs.go":           "the word in a sentence about a CronJob",
	"report/finding/jobs.go":               "the word in a sentence about a CronJob",
	"report/finding/machines.go":           "a StatefulSet alone does not replace a pod that terminates",
	"report/fold/workload.go":              "what is counted of Jobs and CronJobs only",
	"report/story/refusals.go":             "the Event of a StatefulSet, and of a CronJob, has words of its own upstream",
	"report/story/story.go":                "the names that a Deployment and a CronJob give to what they make",
	"report/truth/recording.go":            "reads recordings of real clusters, where a ReplicaSet and a Job tell other things",
	"report/truth/watch.go":                "reads recordings of real clusters, independent of what is simulated",
	"sim/record/expectation.go":            "the metrics of Jobs and of CronJobs",
	"sim/apiserver/admission/admission.go": "as upstream, StatefulSets send the names of their pods",
	"scenarios/build/index.go":             "the pods of a StatefulSet can be named before they are there",
	"scenarios/build/machines.go":          "the kinds whose pods a step kills, in the order of its message",
	"scenarios/build/tasks.go":             "indexes are those of a Job",
	"scenarios/build/timeline.go":          "the kinds that a step takes, in the order of its messages",
	"scenarios/build/workloads.go":         "the kinds that a target may have meant",
}

// TestKindsAreNotEnumerated holds that a part which treats kinds differently asks
// sim/kinds, so that one more kind is one more row there.
func TestKindsAreNotEnumerated(t *testing.T) {
	named := map[string]bool{}
	eachFile(t, func(folder, path string, file *ast.File) {
		path = filepath.ToSlash(path)
		if slices.ContainsFunc(kindsAtHome, func(home string) bool { return strings.HasPrefix(path, home) }) {
			return
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, is := n.(*ast.BasicLit)
			if !is || literal.Kind != token.STRING {
				return true
			}
			text, _ := strconv.Unquote(literal.Value)
			if !slices.Contains(workloadKinds, text) {
				return true
			}
			named[path] = true
			if kindsByName[path] == "" {
				t.Errorf("%s: names the kind %s, ask sim/kinds instead", path, text)
			}
			return true
		})
	})
	for path := range kindsByName {
		if !named[path] {
			t.Errorf("%s names no kind any more: take it off the list", path)
		}
	}
}
