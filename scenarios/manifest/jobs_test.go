package manifest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	"k8s.io/utils/ptr"
)

// As kubectl get prints it, with a pod of its own and one that is over.
const jobs = `apiVersion: batch/v1
kind: Job
metadata: {name: embed, namespace: corpus, uid: 3f0c, labels: {job-name: embed, team: a}}
spec:
  completions: 4
  selector: {matchLabels: {batch.kubernetes.io/controller-uid: 3f0c}}
  template:
    metadata:
      labels: {batch.kubernetes.io/controller-uid: 3f0c, batch.kubernetes.io/job-name: embed, controller-uid: 3f0c, job-name: embed, app: e}
    spec:
      restartPolicy: Never
      containers: [{name: c, image: e:1}]
status: {active: 1, startTime: "2026-01-01T00:00:00Z"}
---
apiVersion: v1
kind: Pod
metadata:
  name: embed-x7k2p
  namespace: corpus
  finalizers: [batch.kubernetes.io/job-tracking]
  ownerReferences: [{apiVersion: batch/v1, kind: Job, name: embed, uid: 3f0c, controller: true}]
spec:
  restartPolicy: Never
  containers: [{name: c, image: e:1}]
---
apiVersion: batch/v1
kind: Job
metadata: {name: migrate, namespace: corpus}
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: e:1}]
status: {succeeded: 1, conditions: [{type: Complete, status: "True"}]}
`

func TestJobsOfAClusterAreCreatedAnewUnlessTheyAreOver(t *testing.T) {
	set, err := read(jobs)
	require.NoError(t, err)
	require.Len(t, set.Objects, 1)
	job := set.Objects[0].Object.(*batchv1.Job)
	assert.Equal(t, map[string]string{"app": "e"}, job.Spec.Template.Labels)
	assert.Nil(t, job.Spec.Selector)
	assert.Equal(t, batchv1.NonIndexedCompletion, *job.Spec.CompletionMode)
	assert.Equal(t, ptr.To[int32](6), job.Spec.BackoffLimit)
	var ignored []string
	for _, i := range set.Ignored {
		ignored = append(ignored, i.Object+": "+i.Reason)
	}
	assert.Equal(t, []string{"Job corpus/migrate: over already: Complete",
		"Pod corpus/embed-x7k2p: its Job embed makes its own"}, ignored)
}

// What kubectl apply would answer.
func TestBadJobs(t *testing.T) {
	_, err := read(`apiVersion: batch/v1
kind: Job
metadata: {name: embed}
spec:
  backoffLimitPerIndex: 2
  template:
    spec:
      containers: [{name: c, image: e:1}]
`)
	require.EqualError(t, err, `m.yaml:5: spec.backoffLimitPerIndex: Invalid value: 2: requires indexed completion mode
m.yaml:7: spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`)
}
