package main

import (
	"go/ast"
	"go/token"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim/kinds"
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
	"report/difference/objects.go":         "fields of records have the names of kinds",
	"report/explain/events.go":             "tells the events of a Deployment together with those of its ReplicaSets",
	"report/finding/cronjobs.go":           "the word in a sentence about a CronJob",
	"report/finding/jobs.go":               "the word in a sentence about a CronJob",
	"report/finding/machines.go":           "a StatefulSet alone does not replace a pod that terminates",
	"report/finding/refusals.go":           "the controller of a Deployment gives up, and old ReplicaSets use quotas",
	"report/fold/refusals.go":              "that a ReplicaSet was made stands in a record of its own",
	"report/fold/workload.go":              "what is counted of Jobs and CronJobs only",
	"report/story/refusals.go":             "the Event of a StatefulSet, and of a CronJob, has words of its own upstream",
	"report/story/story.go":                "the names that a Deployment and a CronJob give to what they make",
	"report/truth/recording.go":            "reads recordings of real clusters, where a ReplicaSet and a Job tell other things",
	"report/truth/watch.go":                "reads recordings of real clusters, independent of what is simulated",
	"sim/record/expectation.go":            "the metrics of Jobs and of CronJobs",
	"sim/apiserver/admission/admission.go": "as upstream, StatefulSets send the names of their pods",
	"scenarios/objects/index.go":           "the pods of a StatefulSet can be named before they are there",
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

// kindTypes are the files outside of sim/kinds that know the Go type of one kind from
// that of another, and why, besides its own rooms, those of kinds that make objects
// of it, and where each kind stands: see TestAWorkloadKindTouchesFewFiles.
var kindTypes = map[string]string{
	"sim/sched/informer.go":                "what upstream's scheduler lists",
	"sim/control/keda/autoscaler.go":       "what KEDA takes a target for that names no kind",
	"sim/control/keda/validate.go":         "KEDA's own list of targets",
	"scenarios/manifest/jobs.go":           "Jobs are validated with the selector that the API server makes up",
	"scenarios/manifest/bounds.go":         "the largest StatefulSet that upstream's controller can hold",
	"scenarios/build/start.go":             "a CronJob goes by the date",
	"sim/size/size.go":                     "how many pods a CronJob starts follows from its schedule",
	"scenarios/objects/index.go":           kindsByName["scenarios/build/index.go"],
	"report/truth/watch.go":                kindsByName["report/truth/watch.go"],
	"sim/apiserver/admission/admission.go": kindsByName["sim/apiserver/admission/admission.go"],
}

// TestAWorkloadKindTouchesFewFiles holds in how many files, beside rooms of its own,
// a kind of workload stands: a row, a description, its controller in the assembly,
// and what validates its manifests. As an extension it touches none; the package
// scenarios/extension is the proof.
func TestAWorkloadKindTouchesFewFiles(t *testing.T) {
	everyKind := []string{
		"sim/kinds/builtin.go", "sim/describe/workload.go", "sim/describe/strategy.go",
		"sim/cluster/controllers.go", "scenarios/manifest/kinds.go",
	}
	table := kinds.Builtin()
	touched := map[string]map[string]bool{}
	eachFile(t, func(folder, path string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			if s, is := n.(*ast.SelectorExpr); is && isAPIPackage(s.X) && slices.Contains(workloadKinds, s.Sel.Name) {
				if touched[s.Sel.Name] == nil {
					touched[s.Sel.Name] = map[string]bool{}
				}
				touched[s.Sel.Name][filepath.ToSlash(path)] = true
			}
			return true
		})
	})
	for _, kind := range workloadKinds {
		rooms := []string{"sim/control/internal/"}
		for _, k := range table.Rows() {
			if k.Kind == kind || slices.Contains(k.Makes, kind) {
				name := strings.ToLower(k.Kind)
				rooms = append(rooms, "sim/control/"+name+"/", "sim/manager/"+name+"/")
			}
		}
		files := 0
		for path := range touched[kind] {
			switch {
			case slices.ContainsFunc(rooms, func(room string) bool { return strings.HasPrefix(path, room) }):
			case slices.Contains(everyKind, path):
				files++
			case kindTypes[path] == "":
				t.Errorf("%s: knows the type of a %s, ask sim/kinds instead", path, kind)
			}
		}
		require.LessOrEqual(t, files, 5, kind)
		require.GreaterOrEqual(t, files, 2, kind)
	}
}

// isAPIPackage reports whether an expression is the name of a package of Kubernetes'
// API types.
func isAPIPackage(x ast.Expr) bool {
	name, is := x.(*ast.Ident)
	return is && slices.Contains([]string{"appsv1", "batchv1", "apps", "batch"}, name.Name)
}
