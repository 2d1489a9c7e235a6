package manifest

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	apimeta "k8s.io/apimachinery/pkg/api/meta"
)

const wholeCluster = "../../testdata/cluster/all.yaml"

// names are the objects of a set.
func names(t *testing.T, set *Set) (list []string) {
	t.Helper()
	for _, o := range set.Objects {
		m, err := apimeta.Accessor(o.Object)
		require.NoError(t, err)
		list = append(list, o.GetObjectKind().GroupVersionKind().Kind+" "+m.GetNamespace()+"/"+m.GetName())
	}
	return list
}

// Of what kubectl prints of a whole cluster each object is read once: not what others
// own and make anew, and not what is over.
func TestWholeCluster(t *testing.T) {
	set, err := Read([]string{wholeCluster}, Options{})
	require.NoError(t, err)
	kept := []string{"Deployment shop/web", "DaemonSet kube-system/agent", "Pod kube-system/kube-apiserver-n1",
		"CronJob shop/report", "Pod shop/ray-head", "Service shop/web"}
	require.Equal(t, kept, names(t, set))
	require.Len(t, set.Nodes, 1)
	reasons := map[string]string{}
	for _, i := range set.Ignored {
		reasons[i.Object] = i.Reason
	}
	require.Equal(t, map[string]string{
		"Job shop/report-29":             "over already: Complete",
		"Job shop/once":                  "over already: Failed",
		"Pod shop/once-yyyyy":            "over already: Failed",
		"Pod shop/debug":                 "over already: Succeeded",
		"Pod shop/report-29-zzzzz":       "over already: Succeeded",
		"ReplicaSet shop/web-6d4cf56db6": "its Deployment web makes its own",
		"Pod shop/web-6d4cf56db6-abcde":  "its ReplicaSet web-6d4cf56db6 makes its own",
		"Pod kube-system/agent-x2x2x":    "its DaemonSet agent makes its own",
	}, reasons)
	require.Equal(t, "n1", set.Objects[4].Object.(*v1.Pod).Spec.NodeName, "where its node is read, it stays there")
}

// On other machines pods of nobody are placed anew, and static pods are left out.
func TestWholeClusterWithoutNodes(t *testing.T) {
	data, err := os.ReadFile(wholeCluster)
	require.NoError(t, err)
	set, err := Read([]string{wholeCluster}, Options{OtherNodes: true})
	require.NoError(t, err)
	require.Empty(t, set.Objects[3].Object.(*v1.Pod).Spec.NodeName)
	set, err = read(strings.Replace(string(data), "kind: Node\n", "kind: Lease\n", 1))
	require.NoError(t, err)
	require.Equal(t, []string{"Deployment shop/web", "DaemonSet kube-system/agent", "CronJob shop/report",
		"Pod shop/ray-head",
		"Service shop/web"}, names(t, set))
	require.Empty(t, set.Objects[3].Object.(*v1.Pod).Spec.NodeName)
	require.Contains(t, set.Ignored[len(set.Ignored)-1].Reason, "a static pod of node n1")
}
