package kinds

import (
	"testing"

	"github.com/stretchr/testify/require"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Every kind is found by its name, its Go type and its resource, and the kinds that
// a kind makes are in the table.
func TestEveryKindIsFound(t *testing.T) {
	table := Builtin()
	for _, k := range table.Rows() {
		require.Same(t, k, table.Named(k.Kind))
		require.Same(t, k, table.Of(k.Zero))
		require.Same(t, k, table.WithResource(k.Resource))
		for _, made := range k.Makes {
			require.NotNil(t, table.Named(made), "%s makes %s", k.Kind, made)
		}
		require.Equal(t, k.MakesPods(), k.Template != nil, k.Kind)
	}
	require.Nil(t, table.Of(&v1.ReplicationController{}))
	require.Equal(t, "ReplicationController", table.NameOf(&v1.ReplicationController{}))
}

// A row of the same name takes the place of the one that was there.
func TestALaterRowTakesThePlace(t *testing.T) {
	job := *Builtin().Named("Job")
	job.EndsByItself = false
	table := Builtin().With(job)
	require.Len(t, table.Rows(), len(Builtin().Rows()))
	require.False(t, table.Named("Job").EndsByItself)
	require.True(t, Builtin().Named("Job").EndsByItself)
}

// The pods of a CronJob's Jobs are told apart by the minute in the Job's name,
// those of a Job of its own by the label of a template, which they lack.
func TestRevisionOfAJobsPods(t *testing.T) {
	table, pod := Builtin(), &v1.Pod{}
	job := &batchv1.Job{ObjectMeta: metav1.ObjectMeta{Name: "nightly-29333", UID: "1"}}
	top := &batchv1.CronJob{ObjectMeta: metav1.ObjectMeta{Name: "nightly", UID: "2"}}
	require.Equal(t, "29333", table.RevisionOf(pod, job, top))
	require.Empty(t, table.RevisionOf(pod, job.DeepCopy(), job))
	pod.Labels = map[string]string{appsv1.DefaultDeploymentUniqueLabelKey: "abc"}
	require.Equal(t, "abc", table.RevisionOf(pod, nil, nil))
}

// Kinds go by all names that kubectl takes.
func TestKindsAsKubectlCallsThem(t *testing.T) {
	table := Builtin()
	for word, want := range map[string]string{
		"deploy/web": "Deployment/web", "deployments/web": "Deployment/web", "Deployment/shop/web": "Deployment/shop/web",
		"DEPLOYMENT/web": "Deployment/web", "deployment.apps/web": "Deployment/web", "deployments.v1.apps/web": "Deployment/web",
		"svc/web": "Service/web", "services.v1/web": "Service/web", "sts/db": "StatefulSet/db", "ds/x": "DaemonSet/x", "po/x": "Pod/x",
		"no/n1": "Node/n1", "hpa/web": "HorizontalPodAutoscaler/web", "hpa.autoscaling/web": "HorizontalPodAutoscaler/web",
		"pdb/web": "PodDisruptionBudget/web", "quota/q": "ResourceQuota/q", "cj/x": "CronJob/x", "jobs/x": "Job/x", "rs": "ReplicaSet",
		"deployment.extensions/web": "deployment.extensions/web", "rollout/web": "rollout/web", "": "", "/x": "/x", "./web": "./web",
	} {
		require.Equal(t, want, table.Canonical(word), word)
	}
	words := map[string]string{}
	for _, k := range table.Rows() {
		for _, word := range []string{k.Kind, k.Resource.Resource, k.Short} {
			if word == "" {
				continue
			}
			require.Same(t, k, table.Called(word), word)
			require.Empty(t, words[word], "%s stands for one kind", word)
			words[word] = k.Kind
		}
	}
}
