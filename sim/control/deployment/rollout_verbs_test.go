package deployment

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

func TestSetImage(t *testing.T) {
	d := web(1, one, none)
	d.Spec.Template.Spec.InitContainers = []v1.Container{{Name: "init", Image: "i1"}}
	d.Spec.Template.Spec.Containers = append(d.Spec.Template.Spec.Containers, v1.Container{Name: "side", Image: "s1"})
	before := d.DeepCopy()
	images := func(d *apps.Deployment) (list []string) {
		for _, c := range append(append([]v1.Container(nil), d.Spec.Template.Spec.InitContainers...),
			d.Spec.Template.Spec.Containers...) {
			list = append(list, c.Image)
		}
		return list
	}
	for _, test := range []struct {
		container string
		want      []string
	}{
		{"c", []string{"i1", "new", "s1"}},
		{"init", []string{"new", "v1", "s1"}},
		{"*", []string{"new", "new", "new"}},
	} {
		next, err := SetImage(d, test.container, "new")
		require.NoError(t, err)
		require.Equal(t, test.want, images(next))
		require.Equal(t, before, d)
	}
	_, err := SetImage(d, "nobody", "new")
	require.EqualError(t, err, `unable to find container named "nobody"`)
}

func TestScale(t *testing.T) {
	d := web(1, one, none)
	require.Equal(t, int32(4), *Scale(d, 4).Spec.Replicas)
	require.Equal(t, int32(1), *d.Spec.Replicas)
}

func TestPauseResumeRestart(t *testing.T) {
	d := web(1, one, none)
	_, err := Resume(d)
	require.EqualError(t, err, `deployments.apps "web" is not paused`)
	paused, err := Pause(d)
	require.NoError(t, err)
	require.True(t, paused.Spec.Paused)
	require.False(t, d.Spec.Paused)
	_, err = Pause(paused)
	require.EqualError(t, err, `deployments.apps "web" is already paused`)
	_, err = RolloutRestart(paused, epoch)
	require.EqualError(t, err, `deployments.apps "web" can't restart paused deployment (run rollout resume first)`)
	resumed, err := Resume(paused)
	require.NoError(t, err)
	require.Equal(t, d, resumed)

	restarted, err := RolloutRestart(d, epoch)
	require.NoError(t, err)
	require.Equal(t, map[string]string{"kubectl.kubernetes.io/restartedAt": "2000-01-01T00:00:00Z"},
		restarted.Spec.Template.Annotations)
	require.Nil(t, d.Spec.Template.Annotations)
	_, err = RolloutRestart(restarted, epoch.Add(500*time.Millisecond))
	require.ErrorContains(t, err, "please wait before attempting to trigger another")
	again, err := RolloutRestart(restarted, epoch.Add(time.Second))
	require.NoError(t, err)
	require.False(t, deploymentutil.EqualIgnoreHash(&again.Spec.Template, &restarted.Spec.Template))
}

func TestRolloutUndo(t *testing.T) {
	d := web(1, one, none)
	d.Annotations = map[string]string{"cause": "create"}
	w := deployed(t, d)
	_, err := RolloutUndo(w.d, w.sets, 0)
	require.EqualError(t, err, `no rollout history found for deployment "web"`)
	for i, image := range []string{"v2", "v3"} {
		next, err := SetImage(w.d, "c", image)
		require.NoError(t, err)
		next.Annotations["cause"] = image
		w.write(next, nil)
		w.run(time.Duration(200+100*i) * time.Second)
	}
	for _, test := range []struct {
		revision     int64
		image, cause string
	}{{0, "v2", "v2"}, {1, "v1", "create"}, {2, "v2", "v2"}, {3, "v3", "v3"}} {
		before := w.d.DeepCopy()
		next, err := RolloutUndo(w.d, w.sets, test.revision)
		require.NoError(t, err)
		require.Equal(t, before, w.d)
		require.Equal(t, test.image, next.Spec.Template.Spec.Containers[0].Image)
		require.Equal(t, map[string]string{"app": "web"}, next.Spec.Template.Labels)
		// The revision is the controller's to count.
		require.Equal(t, map[string]string{"cause": test.cause, deploymentutil.RevisionAnnotation: "3"}, next.Annotations)
	}
	for _, revision := range []int64{4, -1} {
		_, err = RolloutUndo(w.d, append(w.sets, nil), revision)
		require.ErrorContains(t, err, "unable to find specified revision")
	}
	paused, err := Pause(w.d)
	require.NoError(t, err)
	_, err = RolloutUndo(paused, w.sets, 0)
	require.ErrorContains(t, err, "you cannot rollback a paused deployment")
}

func TestSetResources(t *testing.T) {
	d := web(1, one, none)
	c := &d.Spec.Template.Spec.Containers[0]
	c.Resources.Requests = v1.ResourceList{v1.ResourceCPU: resource.MustParse("1"),
		v1.ResourceMemory: resource.MustParse("1Gi")}
	before := d.DeepCopy()
	next, err := SetResources(d, "c", v1.ResourceList{v1.ResourceMemory: resource.MustParse("2Gi")},
		v1.ResourceList{v1.ResourceMemory: resource.MustParse("3Gi")})
	require.NoError(t, err)
	require.Equal(t, before, d, "the Deployment given is read-only")
	r := next.Spec.Template.Spec.Containers[0].Resources
	require.Equal(t, "1", r.Requests.Cpu().String(), "what is not named stays")
	require.Equal(t, "2Gi", r.Requests.Memory().String())
	require.Equal(t, "3Gi", r.Limits.Memory().String())
	require.NotContains(t, r.Limits, v1.ResourceCPU)
	_, err = SetResources(d, "nobody", nil, nil)
	require.ErrorContains(t, err, `unable to find container named "nobody"`)
}
