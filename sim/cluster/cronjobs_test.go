package cluster_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
	"github.com/kube-rehearse/rehearse/sim/distribution"
	"github.com/kube-rehearse/rehearse/sim/kubelet"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// minutely is a CronJob that is due every minute, of which each Job is a pod that
// runs for so many seconds.
func minutely(runs float64, change func(*batchv1.CronJobSpec), steps ...cluster.Step) *cluster.Spec {
	spec := batch(nil, func(b *kubelet.Behaviour) { b.Runs = distribution.Constant(runs) }, steps...)
	template := spec.Objects[0].(*batchv1.Job).Spec.Template
	spec.Objects = []runtime.Object{cron("nightly", template, change)}
	spec.Duration = 10*time.Minute + 30*time.Second
	return spec
}

func cron(name string, template v1.PodTemplateSpec, change func(*batchv1.CronJobSpec)) *batchv1.CronJob {
	cj := &batchv1.CronJob{
		TypeMeta:   metav1.TypeMeta{APIVersion: "batch/v1", Kind: "CronJob"},
		ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: name},
		Spec: batchv1.CronJobSpec{Schedule: "* * * * *", JobTemplate: batchv1.JobTemplateSpec{
			Spec: batchv1.JobSpec{Template: template}}},
	}
	if change != nil {
		change(&cj.Spec)
	}
	legacyscheme.Scheme.Default(cj)
	return cj
}

func TestACronJobMakesAJobAtEachOfItsTimes(t *testing.T) {
	spec := minutely(10, nil)
	records := play(t, spec, 0)
	var started, kept, deleted []string
	for _, r := range records {
		switch r := r.(type) {
		case record.CronJobRun:
			require.Equal(t, record.CronStarted, r.Phase)
			require.InDelta(t, 0.103, (r.T - r.Scheduled).Seconds(), 1e-9, "100 ms for clocks that go apart, and the request")
			started = append(started, r.Job)
		case record.JobChanged:
			require.Equal(t, "default/CronJob/nightly", r.Workload)
			if r.Phase == record.JobDeleted {
				require.Equal(t, "history-limit", r.Reason)
				deleted = append(deleted, r.Job)
			}
		case record.PodCreated:
			require.Equal(t, "default/CronJob/nightly", r.Owner)
			require.Equal(t, "default/nightly-"+r.Revision, r.Pod[:len(r.Pod)-6])
			kept = append(kept, r.Pod)
		}
	}
	require.Len(t, started, 10)
	require.Equal(t, fmt.Sprint("default/nightly-", cluster.DefaultStart.Unix()/60+1), started[0])
	require.Len(t, kept, 10)
	require.Equal(t, started[:7], deleted, "three that were good are kept")
}

// At 03:00 in New York it is 08:00 UTC on the Saturday before clocks are put
// forward, 07:00 on the Monday after.
func TestSchedulesGoByTheirTimeZone(t *testing.T) {
	spec := minutely(10, func(s *batchv1.CronJobSpec) {
		s.Schedule, s.TimeZone = "0 3 * * 6,1",
			ptr.To("America/New_York")
	})
	spec.Start = time.Date(2026, 3, 7, 0, 0, 0, 0, time.UTC) // the day before clocks are put forward
	spec.Duration = 72 * time.Hour
	var hours []float64
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.CronJobRun); is {
			hours = append(hours, r.Scheduled.Seconds()/3600)
		}
	}
	require.Equal(t, []float64{8, 48 + 7}, hours)
}

// A hundred at the same minute take turns: five workers, and a client that makes
// 20 requests a second after a burst of 30.
func TestManyCronJobsAtOnce(t *testing.T) {
	spec := minutely(10, nil)
	template := spec.Objects[0].(*batchv1.CronJob).Spec.JobTemplate.Spec.Template
	template.Spec.Containers[0].Resources = v1.ResourceRequirements{}
	spec.Objects = nil
	for i := range 100 {
		spec.Objects = append(spec.Objects,
			cron(fmt.Sprint("c", i), template, func(s *batchv1.CronJobSpec) { s.Schedule = "1 * * * *" }))
	}
	spec.Duration = 2 * time.Minute
	var last sim.Time
	n := 0
	for _, r := range play(t, spec, 0) {
		if r, is := r.(record.CronJobRun); is {
			n++
			last = r.T
		}
	}
	require.Equal(t, 100, n)
	require.InDelta(t, 60+(3*100-30)/20., last.Seconds(), 3, "three requests each, and the events that come in between")
}

// Of the pods that have ended the oldest go when there are more than the
// threshold, at the collector's next look, which comes every 20 s.
func TestPodsThatHaveEndedAreCollectedBeyondAThreshold(t *testing.T) {
	spec := minutely(10, func(s *batchv1.CronJobSpec) {
		s.SuccessfulJobsHistoryLimit = ptr.To[int32](100)
		s.JobTemplate.Spec.Completions, s.JobTemplate.Spec.Parallelism = ptr.To[int32](2), ptr.To[int32](2)
	})
	spec.NodeLifecycle = nodelifecycle.DefaultConfig()
	spec.NodeLifecycle.TerminatedPodGCThreshold = 3
	created, gone := []string{}, []string{}
	kept, most := 0, 0
	for _, r := range play(t, spec, 0) {
		switch r := r.(type) {
		case record.PodCreated:
			created = append(created, r.Pod)
		case record.PodFinished:
			kept++
			most = max(most, kept)
		case record.PodDeleting:
			require.Equal(t, record.TooManyEnded, r.Reason)
		case record.PodGone:
			kept--
			gone = append(gone, r.Pod)
		case record.JobChanged:
			require.NotEqual(t, record.JobFailed, r.Phase, "they were counted before")
		}
	}
	require.Len(t, created, 20)
	require.Len(t, gone, 17)
	require.ElementsMatch(t, created[:16], gone[:16])
	require.Equal(t, 3, kept)
	require.Equal(t, 5, most)
}
