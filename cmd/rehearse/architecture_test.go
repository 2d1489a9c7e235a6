package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

const module = "github.com/kube-rehearse/rehearse/"

// imports is what each package may import of ours, besides the standard
// library and modules. A folder not listed is not allowed to exist.
var imports = map[string][]string{
	"sim":                     {},
	"sim/distribution":        {},
	"sim/cpu":                 {"sim"},
	"sim/record":              {"sim"},
	"sim/kinds":               {},
	"sim/selection":           {},
	"sim/apiserver":           {"sim", "sim/kinds", "sim/record", "sim/selection", "sim/apiserver/admission"},
	"sim/apiserver/admission": {},
	"sim/manager":             {"sim", "sim/kinds", "sim/apiserver", "sim/record", "sim/control"},
	"sim/manager/autoscaling": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/selection",
		"sim/control/hpa"},
	"sim/manager/cronjob": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record",
		"sim/control/cronjob"},
	"sim/manager/daemonset": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/daemonset"},
	"sim/manager/deployment": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record",
		"sim/control/deployment"},
	"sim/manager/disruption": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/selection",
		"sim/control/disruption"},
	"sim/manager/endpoints": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/selection"},
	"sim/manager/garbage":   {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record"},
	"sim/manager/job": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/job"},
	"sim/manager/nodes": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record",
		"sim/control/nodelifecycle"},
	"sim/manager/quota": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record"},
	"sim/manager/replicaset": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/replicaset"},
	"sim/manager/statefulset": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/statefulset"},
	"sim/manager/attachdetach": {"sim", "sim/kinds", "sim/apiserver", "sim/record", "sim/control/volume",
		"sim/distribution"},
	"sim/manager/resourceclaim": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/resourceclaim"},
	"sim/manager/devices": {"sim", "sim/kinds", "sim/apiserver", "sim/control/devices", "sim/distribution"},
	"sim/manager/volume": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control/volume",
		"sim/distribution"},
	"sim/sched":      {"sim"},
	"sim/sched/loop": {"sim", "sim/apiserver", "sim/manager", "sim/record", "sim/sched"},
	"sim/machine":    {"sim", "sim/apiserver", "sim/gauge", "sim/kubelet", "sim/metricsserver", "sim/record"},
	"sim/serving":    {"sim", "sim/kinds", "sim/apiserver", "sim/kubelet", "sim/load", "sim/record"},
	"sim/metrics": {"sim", "sim/kinds", "sim/apiserver", "sim/kubelet", "sim/load", "sim/metricsserver", "sim/prometheus",
		"sim/control/hpa"},
	"sim/kubectl": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/disruption", "sim/control/nodelifecycle"},
	"sim/custom": {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control",
		"sim/control/custom"},
	"sim/keda":                   {"sim", "sim/kinds", "sim/apiserver", "sim/manager", "sim/record", "sim/control/keda"},
	"sim/control":                {"sim/control/nodelifecycle"},
	"sim/control/hpa":            {},
	"sim/control/disruption":     {},
	"sim/control/custom":         {},
	"sim/control/volume":         {"sim/control"},
	"sim/control/devices":        {},
	"sim/control/resourceclaim":  {"sim/control"},
	"sim/control/daemonset":      {"sim/control"},
	"sim/control/deployment":     {"sim/control"},
	"sim/control/replicaset":     {"sim/control"},
	"sim/control/statefulset":    {"sim/control", "sim/control/internal/drive"},
	"sim/control/internal/seeds": {},
	"sim/control/internal/twin":  {"sim/control/replicaset", "sim/control/internal/drive"},
	"sim/control/internal/drive": {},
	"sim/control/job":            {"sim/control"},
	"sim/control/cronjob":        {"sim/control"},
	"sim/control/nodelifecycle":  {},
	"sim/control/keda":           {},
	"sim/control/oracle":         {},
	"sim/kubelet/oracle":         {},
	"sim/gauge":                  {"sim"},
	"sim/kubelet": {"sim", "sim/cpu", "sim/distribution", "sim/gauge", "sim/kubelet/backoff", "sim/kubelet/cgroups",
		"sim/kubelet/containerd", "sim/kubelet/eviction", "sim/kubelet/hooks", "sim/kubelet/pulls",
		"sim/kubelet/starts", "sim/kubelet/storage"},
	"sim/kubelet/cgroups":    {"sim/cpu"},
	"sim/internal/checked":   {"sim"},
	"sim/kubelet/containerd": {"sim/distribution"},
	"sim/kubelet/eviction":   {"sim"},
	"sim/kubelet/storage":    {"sim"},
	"sim/kubelet/hooks":      {"sim/distribution"},
	"sim/kubelet/backoff":    {"sim"},
	"sim/kubelet/pulls":      {"sim"},
	"sim/kubelet/starts":     {"sim"},
	"sim/llm":                {"sim", "sim/llm/catalogue", "sim/llm/timing"},
	"sim/llm/catalogue":      {},
	"sim/llm/timing":         {"sim/llm/catalogue"},
	"sim/llm/calibrate":      {"sim", "sim/llm", "sim/llm/catalogue", "sim/llm/timing"},
	"sim/metricsserver":      {"sim"},
	"sim/prometheus":         {"sim"},
	"sim/load":               {"sim", "sim/cpu", "sim/llm", "sim/distribution", "sim/record"},
	"sim/load/trace":         {"sim", "sim/load"},
	"sim/describe": {"sim", "sim/kinds", "sim/apiserver", "sim/record", "sim/selection", "sim/control/cronjob",
		"sim/control/daemonset", "sim/control/disruption"},
	"sim/cluster": {"sim", "sim/kinds", "sim/apiserver", "sim/describe", "sim/record", "sim/sched",
		"sim/sched/loop", "sim/control/hpa", "sim/control/nodelifecycle", "sim/kubectl", "sim/kubelet", "sim/load",
		"sim/machine", "sim/metrics", "sim/metricsserver", "sim/serving", "sim/manager", "sim/manager/autoscaling",
		"sim/manager/cronjob", "sim/manager/daemonset", "sim/manager/deployment", "sim/manager/disruption",
		"sim/manager/endpoints", "sim/manager/garbage", "sim/manager/job", "sim/manager/nodes", "sim/manager/quota",
		"sim/manager/replicaset", "sim/manager/statefulset", "sim/manager/attachdetach",
		"sim/manager/volume", "sim/manager/devices", "sim/manager/resourceclaim"},
	"sim/size":      {"sim", "sim/kinds", "sim/cluster", "sim/load", "sim/control/cronjob"},
	"sim/replicate": {"sim", "sim/record", "sim/cluster"},
	"nodes":         {},
	"report": {"sim/record", "report/explain", "report/finding", "report/fold", "report/measure", "report/page",
		"report/result", "report/stat", "report/story", "report/words"},
	"report/stat":     {},
	"report/measure":  {"sim", "sim/record", "report/result", "report/stat"},
	"report/result":   {"sim", "sim/record", "report/stat"},
	"report/words":    {"sim", "report/result", "report/stat"},
	"report/upstream": {},
	"report/density":  {"sim/record", "report/result", "report/stat"},
	"report/cut":      {"sim", "sim/record"},
	"report/hooks":    {"sim", "sim/record"},
	"report/volumes":  {"sim", "sim/record"},
	"report/shortage": {"sim/record"},
	"report/skew":     {"sim/record", "report/stat"},
	"report/fold": {"sim", "sim/record", "report/cut", "report/density", "report/hooks", "report/result", "report/shortage",
		"report/skew", "report/stat", "report/upstream", "report/volumes", "report/words"},
	"report/finding": {"sim", "sim/record", "report/fold", "report/result", "report/shortage", "report/stat",
		"report/upstream", "report/volumes", "report/words"},
	"report/story":      {"sim", "sim/record", "report/result", "report/upstream", "report/words"},
	"report/page":       {"sim", "sim/record", "report/result", "report/stat", "report/words"},
	"report/explain":    {"sim", "sim/record", "report/result", "report/upstream", "report/words"},
	"report/truth":      {"sim", "sim/record"},
	"report/difference": {"sim/record", "report/words"},
	"report/plan":       {"sim", "sim/record", "report/result", "report/stat", "report/words"},
	"report/sweep":      {"sim/record", "report/plan", "report/stat"},
	"report/rollout":    {"sim", "sim/record", "report/stat", "report/words"},
	"report/truth/life": {"sim", "sim/record", "report/truth"},
	"scenarios":         {"sim/cluster", "scenarios/wire", "scenarios/build", "scenarios/manifest"},
	"scenarios/plain":   {},
	"scenarios/wire":    {"sim/distribution", "nodes", "scenarios/manifest", "scenarios/plain"},
	"scenarios/build": {"sim", "scenarios/modelserver", "sim/llm", "sim/llm/catalogue", "sim/distribution",
		"sim/record", "sim/sched", "sim/control", "sim/control/cronjob", "sim/control/hpa", "sim/control/keda",
		"sim/control/nodelifecycle", "sim/kubelet", "sim/kubelet/hooks", "sim/load", "sim/manager", "sim/metricsserver",
		"sim/load/trace", "sim/prometheus", "sim/cluster", "sim/custom", "sim/keda", "sim/kinds", "nodes", "scenarios/wire",
		"scenarios/manifest", "scenarios/objects", "scenarios/measured", "scenarios/preset", "scenarios/guess",
		"scenarios/recognise", "scenarios/callgraph", "scenarios/behaviour", "scenarios/settings", "scenarios/exports",
		"scenarios/volumes", "scenarios/devices", "scenarios/written"},
	"scenarios/written": {"scenarios/objects", "scenarios/wire", "sim/cluster"},
	"scenarios/devices": {"nodes", "scenarios/objects", "scenarios/wire", "sim/cluster", "sim/control/devices",
		"sim/distribution"},
	"scenarios/volumes": {"nodes", "scenarios/objects", "scenarios/wire", "sim/cluster", "sim/control/volume",
		"sim/distribution", "sim/manager/attachdetach", "sim/manager/volume"},
	"scenarios/manifest": {"nodes", "sim/kinds", "sim/record", "sim/control/job", "sim/control/keda", "scenarios/ledger",
		"scenarios/plain", "scenarios/render"},
	"scenarios/render": {},
	"scenarios/patch":  {"scenarios/manifest"},
	"scenarios/exports": {"scenarios/objects", "scenarios/promql", "scenarios/recognise", "scenarios/wire", "sim/cluster",
		"sim/control/keda"},
	"scenarios/promql": {"sim/cluster"},
	"scenarios/modelserver": {"scenarios/wire", "sim/llm", "sim/llm/calibrate", "sim/llm/catalogue", "sim/llm/timing",
		"nodes"},
	"scenarios/objects":  {"scenarios/manifest", "scenarios/wire", "sim/cluster", "sim/kinds", "sim/selection"},
	"scenarios/measured": {"scenarios/wire", "sim", "sim/load"},
	"scenarios/preset":   {"scenarios/wire"},
	"scenarios/settings": {"scenarios/behaviour", "scenarios/manifest", "scenarios/wire", "sim/cluster", "sim/custom",
		"sim/distribution", "sim/kinds", "sim/kubelet", "sim/kubelet/eviction"},
	"scenarios/behaviour": {"scenarios/wire", "sim", "sim/distribution", "sim/kubelet", "sim/kubelet/hooks",
		"sim/kubelet/storage"},
	"scenarios/guess":     {"sim/cluster", "sim/distribution", "sim/load", "sim/record"},
	"scenarios/recognise": {"scenarios/wire"},
	"scenarios/callgraph": {"scenarios/objects", "scenarios/recognise"},
	"scenarios/ledger":    {},
	"scenarios/gallery":   {},
	"cmd/rehearse": {"sim/llm/calibrate", "sim/llm/catalogue", "sim", "sim/record", "sim/cluster",
		"sim/replicate", "sim/size", "nodes", "report", "report/difference", "report/plan", "report/rollout",
		"report/sweep", "report/truth",
		"report/truth/life", "scenarios", "scenarios/gallery",
		"scenarios/patch"},
}

// eachFile calls f for every Go file of the module that is not a test.
func eachFile(t *testing.T, f func(folder, path string, file *ast.File)) {
	t.Helper()
	const root = "." // TestMain is there
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (d.Name() == "testdata" || (strings.HasPrefix(d.Name(), ".") && d.Name() != ".")) {
			return fs.SkipDir
		}
		if filepath.Ext(path) != ".go" || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		folder, err := filepath.Rel(root, filepath.Dir(path))
		if err != nil {
			return err
		}
		f(filepath.ToSlash(folder), path, file)
		return nil
	}))
}

func pathsOf(file *ast.File) []string {
	var list []string
	for _, i := range file.Imports {
		path, _ := strconv.Unquote(i.Path.Value)
		list = append(list, path)
	}
	return list
}

func TestImportsGoOneWay(t *testing.T) {
	seen := map[string]bool{}
	eachFile(t, func(folder, path string, file *ast.File) {
		allowed, known := imports[folder]
		if !known {
			t.Errorf("%s: folder %s has no place in the import table", path, folder)
			return
		}
		seen[folder] = true
		for _, imported := range pathsOf(file) {
			if ours, is := strings.CutPrefix(imported, module); is && !slices.Contains(allowed, ours) {
				t.Errorf("%s: %s may not import %s", path, folder, ours)
			}
		}
	})
	for folder := range imports {
		if !seen[folder] {
			t.Errorf("%s is in the import table but has no Go files", folder)
		}
	}
}

// wallClock is what the engine may not call: it would make two runs differ.
var wallClock = map[string][]string{
	"time":      {"Now", "Since", "Until", "Sleep", "After", "AfterFunc", "NewTimer", "NewTicker", "Tick"},
	"math/rand": nil, // all of it: its top-level functions share one source
}

// globalRand are the functions of math/rand/v2 that draw from a shared source.
var globalRand = []string{"Int", "IntN", "Int32", "Int32N", "Int64", "Int64N", "Uint32", "Uint32N", "Uint64", "Uint64N",
	"N", "Float32", "Float64", "ExpFloat64", "NormFloat64", "Perm", "Shuffle"}

// TestEngineIsDeterministic holds that nothing under sim and nodes reads the
// wall clock, starts a goroutine or draws from a global source.
func TestEngineIsDeterministic(t *testing.T) {
	eachFile(t, func(folder, path string, file *ast.File) {
		if folder != "nodes" && folder != "sim" && !strings.HasPrefix(folder, "sim/") {
			return
		}
		if slices.Contains(pathsOf(file), "math/rand") {
			t.Errorf("%s: imports math/rand", path)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			switch n := n.(type) {
			case *ast.GoStmt:
				if folder != "sim/replicate" { // whose purpose it is
					t.Errorf("%s: starts a goroutine", path)
				}
			case *ast.SelectorExpr:
				p, ok := n.X.(*ast.Ident)
				if !ok || p.Obj != nil {
					break
				}
				if p.Name == "time" && slices.Contains(wallClock["time"], n.Sel.Name) {
					t.Errorf("%s: calls time.%s", path, n.Sel.Name)
				}
				if p.Name == "rand" && slices.Contains(globalRand, n.Sel.Name) {
					t.Errorf("%s: calls rand.%s, which draws from a shared source", path, n.Sel.Name)
				}
			}
			return true
		})
	})
}
