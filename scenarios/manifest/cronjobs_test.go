package manifest

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
)

// As kubectl get prints it, with a Job of its own and the pod of another that is
// not among the objects.
const cronJobs = `apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly, namespace: corpus, uid: 77aa}
spec:
  schedule: "0 3 * * *"
  timeZone: Europe/Berlin
  jobTemplate:
    spec:
      template:
        spec:
          restartPolicy: Never
          containers: [{name: c, image: e:1}]
status: {lastScheduleTime: "2026-01-01T02:00:00Z"}
---
apiVersion: batch/v1
kind: Job
metadata:
  name: nightly-29453880
  namespace: corpus
  ownerReferences: [{apiVersion: batch/v1, kind: CronJob, name: nightly, uid: 77aa, controller: true}]
spec:
  template:
    spec:
      restartPolicy: Never
      containers: [{name: c, image: e:1}]
---
apiVersion: v1
kind: Pod
metadata:
  name: nightly-29452440-x7k2p
  namespace: corpus
  ownerReferences: [{apiVersion: batch/v1, kind: Job, name: nightly-29452440, uid: 3f0c, controller: true}]
spec:
  containers: [{name: c, image: e:1}]
`

func TestCronJobsOfAClusterMakeTheirJobsAnew(t *testing.T) {
	set, err := read(cronJobs)
	require.NoError(t, err)
	require.Len(t, set.Objects, 1)
	cj := set.Objects[0].Object.(*batchv1.CronJob)
	assert.Equal(t, batchv1.AllowConcurrent, cj.Spec.ConcurrencyPolicy)
	assert.Equal(t, int32(3), *cj.Spec.SuccessfulJobsHistoryLimit)
	var ignored []string
	for _, i := range set.Ignored {
		ignored = append(ignored, i.Object+": "+i.Reason)
	}
	assert.Equal(t, []string{"Job corpus/nightly-29453880: its CronJob nightly makes its own",
		"Pod corpus/nightly-29452440-x7k2p: its Job nightly-29452440 makes its own"}, ignored)
}

// What kubectl apply would answer.
func TestBadCronJobs(t *testing.T) {
	_, err := read(`apiVersion: batch/v1
kind: CronJob
metadata: {name: nightly}
spec:
  schedule: "TZ=UTC 0 25 * * *"
  timeZone: Europe/Paris2
  concurrencyPolicy: Queue
  startingDeadlineSeconds: -1
  jobTemplate:
    spec:
      template:
        spec:
          containers: [{name: c, image: e:1}]
`)
	require.EqualError(t, err,
		`m.yaml:5: spec.schedule: Invalid value: "TZ=UTC 0 25 * * *": end of range (25) above maximum (23): 25
m.yaml:5: spec.schedule: Invalid value: "TZ=UTC 0 25 * * *": cannot use TZ or CRON_TZ in schedule, use timeZone field instead
m.yaml:6: spec.timeZone: Invalid value: "Europe/Paris2": unknown time zone Europe/Paris2
m.yaml:7: spec.concurrencyPolicy: Unsupported value: "Queue": supported values: "Allow", "Forbid", "Replace"
m.yaml:8: spec.startingDeadlineSeconds: Invalid value: -1: must be greater than or equal to 0
m.yaml:12: spec.jobTemplate.spec.template.spec.restartPolicy: Required value: valid values: "OnFailure", "Never"`)
}
