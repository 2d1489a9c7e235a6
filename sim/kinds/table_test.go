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
