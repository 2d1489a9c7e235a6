package upstream

import (
	"go/build"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// said are sentences that this package knows, by the package of upstream that says
// them.
var said = map[string][]string{
	"k8s.io/kubernetes/pkg/controller/podautoscaler": {
		"missing request for ", TargetGone, "more than one HPA", "pods by selector ", FailedGetScale,
		"unable to get metrics for resource ", "failed to get %s utilization: ", "first error is: ",
	},
	"k8s.io/kubernetes/pkg/quota/v1/evaluator/core": {"must specify ", " for: "},
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota": {
		"exceeded quota: %s, requested: %s, used: %s, limited: %s"},
	"k8s.io/kubernetes/pkg/scheduler/framework":                       {"nodes are available"},
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/noderesources": {"Insufficient %v", "Too many pods"},
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/volumebinding": {ClaimsUnbound, VolumeAway, VolumesMissing,
		`persistentvolumeclaim "myclaim" not found`, "persistentvolumeclaim %q is being deleted"},
	"k8s.io/kubernetes/pkg/scheduler/framework/plugins/nodevolumelimits": {VolumesFull},
	"k8s.io/kubernetes/pkg/registry/core/pod/storage":                    {"more than one PodDisruptionBudget"},
	"k8s.io/kubernetes/pkg/registry/core/pod":                            {SchedulingGated},
	"k8s.io/kubernetes/pkg/apis/core/validation": {"may not change fields",
		"must be less than or equal to"},
}

// shortened are the plugins whose reasons ShortReason knows.
var shortened = []string{
	"nodeaffinity", "interpodaffinity", "podtopologyspread", "tainttoleration", "nodeunschedulable", "nodeports",
	"volumebinding", "noderesources",
	"dynamicresources",
}

// modules finds where upstream's modules lie. A look takes a second, so there is one
// a module.
func modules(t *testing.T) map[string]string {
	t.Helper()
	folders := map[string]string{}
	for module, inside := range map[string]string{"k8s.io/kubernetes/": "pkg/scheduler",
		"k8s.io/apiserver/": "pkg/admission"} {
		p, err := build.Import(module+inside, ".", build.FindOnly)
		require.NoError(t, err)
		folders[module] = strings.TrimSuffix(filepath.ToSlash(p.Dir), inside)
	}
	return folders
}

func sourceOf(t *testing.T, folders map[string]string, path string) string {
	t.Helper()
	for module, folder := range folders {
		if inside, is := strings.CutPrefix(path, module); is {
			path = filepath.Join(folder, inside)
		}
	}
	files, err := filepath.Glob(filepath.Join(path, "*.go"))
	require.NoError(t, err)
	require.NotEmpty(t, files, path)
	var text strings.Builder
	for _, f := range files {
		if !strings.HasSuffix(f, "_test.go") {
			data, err := os.ReadFile(f)
			require.NoError(t, err)
			text.Write(data)
		}
	}
	return text.String()
}

// What is looked for in messages stands in upstream's source of the release that
// this module requires.
func TestUpstreamStillSaysSo(t *testing.T) {
	folders := modules(t)
	for path, sentences := range said {
		source := sourceOf(t, folders, path)
		for _, s := range sentences {
			require.True(t, strings.Contains(source, s), "%s: %s", path, s)
		}
	}
	var plugins strings.Builder
	for _, name := range shortened {
		plugins.WriteString(sourceOf(t, folders, "k8s.io/kubernetes/pkg/scheduler/framework/plugins/"+name))
	}
	for _, r := range shortReasons {
		if strings.Contains(r.start, "didn't satisfy plugin(s)") {
			continue // put together by the scheduler, below
		}
		require.True(t, strings.Contains(plugins.String(), r.start), r.start)
	}
}

// The scheduler's own error is taken apart into what its plugins said.
func TestReadsTheSchedulersError(t *testing.T) {
	statuses := framework.NewDefaultNodeToStatus()
	statuses.Set("a", fwk.NewStatus(fwk.Unschedulable, "Insufficient nvidia.com/gpu", "Insufficient memory"))
	statuses.Set("b", fwk.NewStatus(fwk.UnschedulableAndUnresolvable, "node(s) had untolerated taint(s)"))
	statuses.Set("c", fwk.NewStatus(fwk.Unschedulable, "Insufficient memory"))
	err := &framework.FitError{Pod: &v1.Pod{}, NumAllNodes: 3, Diagnosis: framework.Diagnosis{NodeToStatus: statuses}}
	require.ElementsMatch(t, []NodeReason{
		{1, "Insufficient nvidia.com/gpu"}, {2, "Insufficient memory"}, {1, "node(s) had untolerated taint(s)"},
	}, NodeReasons(err.Error()), err.Error())
	require.Equal(t, "nvidia.com/gpu, memory, taints", Binding(err.Error()))
}

// The API server's errors begin with what is cut off.
func TestReadsTheAPIServersAnswer(t *testing.T) {
	pods := schema.GroupResource{Resource: "pods"}
	forbidden := apierrors.NewForbidden(pods, "web-1", errMustSpecify{})
	require.Equal(t, "must specify limits.memory for: a,b; cpu for: a", Answer(forbidden.Error()))
	require.Equal(t, []Unset{{"limits.memory", []string{"a", "b"}}, {"requests.cpu", []string{"a"}}},
		MustSpecify(forbidden.Error()))
	require.Nil(t, MustSpecify("exceeded quota: a"))
	missing := apierrors.NewNotFound(schema.GroupResource{Resource: "secret"}, "key")
	require.Equal(t, metav1.StatusReasonNotFound, missing.Status().Reason)
	kind, name, is := MissingConfig(missing.Error())
	require.True(t, is)
	require.Equal(t, [2]string{"Secret", "key"}, [2]string{kind, name})
	_, _, is = MissingConfig(`secret "key" is empty`)
	require.False(t, is)
}

type errMustSpecify struct{}

func (errMustSpecify) Error() string { return "must specify limits.memory for: a,b; cpu for: a" }
