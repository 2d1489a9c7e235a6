package job

import (
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/utils/ptr"
)

var noon = time.Date(2000, 1, 1, 12, 0, 0, 0, time.UTC)

func train(change func(*batch.JobSpec)) *batch.Job {
	job := &batch.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "train"}}
	job.Spec.Template.Spec = v1.PodSpec{RestartPolicy: v1.RestartPolicyNever,
		Containers: []v1.Container{{Name: "c", Image: "i"}}}
	if change != nil {
		change(&job.Spec)
	}
	legacyscheme.Scheme.Default(job)
	return job
}

// The pods of a Job can be told apart by the labels that the API server gives
// them, and a Job that was read from a cluster can be created again.
func TestGeneratedSelector(t *testing.T) {
	job := train(func(s *batch.JobSpec) { s.Template.Labels = map[string]string{"app": "a"} })
	plain := job.DeepCopy()
	AdmitCreate(job, "u1", noon)
	assert.Equal(t, map[string]string{
		"app": "a", "job-name": "train", "batch.kubernetes.io/job-name": "train", "controller-uid": "u1",
		"batch.kubernetes.io/controller-uid": "u1",
	}, job.Spec.Template.Labels)
	assert.Equal(t, map[string]string{"batch.kubernetes.io/controller-uid": "u1"}, job.Spec.Selector.MatchLabels)
	StripGenerated(job)
	assert.Equal(t, plain.Spec, job.Spec)

	manual := train(func(s *batch.JobSpec) {
		s.ManualSelector, s.Selector = ptr.To(true), &metav1.LabelSelector{MatchLabels: map[string]string{"a": "b"}}
		s.Template.Labels = map[string]string{"a": "b"}
	})
	before := manual.DeepCopy()
	AdmitCreate(manual, "u1", noon)
	assert.Equal(t, before.Spec, manual.Spec)
}

// What may be changed of a Job that exists.
func TestUpdates(t *testing.T) {
	indexed := func(s *batch.JobSpec) {
		s.CompletionMode, s.Completions, s.Parallelism = ptr.To(batch.IndexedCompletion), ptr.To[int32](4), ptr.To[int32](4)
	}
	suspended := func(s *batch.JobSpec) { s.Suspend = ptr.To(true) }
	for name, test := range map[string]struct {
		old, change func(*batch.JobSpec)
		refused     string
	}{
		"suspend":     {change: suspended},
		"parallelism": {change: func(s *batch.JobSpec) { s.Parallelism = ptr.To[int32](9) }},
		"image": {change: func(s *batch.JobSpec) { s.Template.Spec.Containers[0].Image = "j" },
			refused: "spec.template: Invalid value"},
		"completions": {change: func(s *batch.JobSpec) { s.Completions = ptr.To[int32](9) },
			refused: "spec.completions: Invalid value: 9: field is immutable"},
		"elastic": {old: indexed, change: func(s *batch.JobSpec) {
			s.Completions, s.Parallelism = ptr.To[int32](9), ptr.To[int32](9)
		}},
		"completions alone": {old: indexed, change: func(s *batch.JobSpec) { s.Completions = ptr.To[int32](9) },
			refused: "can only be modified in tandem with"},
		"node selector": {
			change:  func(s *batch.JobSpec) { s.Template.Spec.NodeSelector = map[string]string{"a": "b"} },
			refused: "spec.template: Invalid value"},
		"of a suspended Job": {old: suspended, change: func(s *batch.JobSpec) {
			s.Template.Spec.NodeSelector = map[string]string{"a": "b"}
		}},
		"memory of a suspended": {old: suspended, change: func(s *batch.JobSpec) {
			s.Template.Spec.Containers[0].Resources = memory("1Gi")
		}},
		"memory of one that isn't": {
			change:  func(s *batch.JobSpec) { s.Template.Spec.Containers[0].Resources = memory("1Gi") },
			refused: "spec.template: Invalid value"},
	} {
		old := train(test.old)
		manifest := old.DeepCopy()
		AdmitCreate(old, "u1", noon)
		test.change(&manifest.Spec)
		next, err := AdmitUpdate(old, manifest)
		if test.refused != "" {
			require.ErrorContains(t, err, test.refused, name)
			continue
		}
		require.NoError(t, err, name)
		assert.Equal(t, int64(2), next.Generation, name)
		assert.Equal(t, old.Spec.Selector, next.Spec.Selector, name)
		assert.Equal(t, old.Spec.Template.Labels, next.Spec.Template.Labels, name)
	}
}

func memory(limit string) v1.ResourceRequirements {
	return v1.ResourceRequirements{Limits: v1.ResourceList{v1.ResourceMemory: resource.MustParse(limit)}}
}

func TestTTL(t *testing.T) {
	job := train(func(s *batch.JobSpec) { s.TTLSecondsAfterFinished = ptr.To[int32](60) })
	_, due := TTL(job, noon)
	assert.False(t, due, "it runs")
	job.Status.Conditions = []batch.JobCondition{
		{Type: batch.JobFailed, Status: v1.ConditionTrue, LastTransitionTime: metav1.NewTime(noon)}}
	for after, left := range map[time.Duration]time.Duration{0: time.Minute, 59 * time.Second: time.Second, time.Minute: 0,
		time.Hour: 0} {
		got, due := TTL(job, noon.Add(after))
		assert.True(t, due)
		assert.Equal(t, left, got, after)
	}
	job.Spec.TTLSecondsAfterFinished = nil
	_, due = TTL(job, noon)
	assert.False(t, due, "it stays")
}

// Views that can't be are refused field by field.
func TestFaultyViews(t *testing.T) {
	_, err := Sync(View{}, noon)
	assert.EqualError(t, err, "job: must be set, got nil")
	job := &batch.Job{ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "train"}}
	job.Spec.CompletionMode, job.Spec.Parallelism = ptr.To(batch.IndexedCompletion), ptr.To[int32](-1)
	_, err = Sync(View{Job: job, Pods: []*v1.Pod{nil}}, noon)
	assert.EqualError(t, err, `job default/train: spec.parallelism: must be at least 0, got -1
job default/train: spec.backoffLimit: must be set, got nil
job default/train: spec.completions: must be set, got nil
job default/train: spec.template.metadata.labels: must be set, got none
job default/train: pods[0]: must be set, got nil`)
}
