package cluster_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	batchv1 "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
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

// cronCourse is the times of the schedule and the ends of the Jobs: "60.1 started",
// "120.1 held 120 JobAlreadyActive", "171.2 complete".
func cronCourse(records []record.Record) (list []string) {
	add := func(t sim.Time, words ...any) {
		list = append(list, fmt.Sprintf("%.1f ", t.Seconds())+strings.TrimSpace(fmt.Sprintln(words...)))
	}
	for _, r := range records {
		switch r := r.(type) {
		case record.CronJobRun:
			switch r.Phase {
			case "started":
				if late := r.T - r.Scheduled; late > 1e9 {
					add(r.T, r.Phase, "for", int(r.Scheduled.Seconds()))
				} else {
					add(r.T, r.Phase)
				}
			case "held":
				add(r.T, r.Phase, int(r.Scheduled.Seconds()), r.Reason)
			default:
				add(r.T, r.Phase, int(r.Scheduled.Seconds()), r.Reason, r.Count)
			}
		case record.JobChanged:
			if r.Phase != "running" && (r.Phase != "deleted" || r.Reason != "history-limit") {
				add(r.T, r.Phase)
			}
		}
	}
	return list
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

func TestWhatAJobThatStillRunsMeansForTheNext(t *testing.T) {
	for policy, want := range map[batchv1.ConcurrencyPolicy][]string{
		// A Job is over after 100 s and the second in which its controller waits.
		batchv1.ForbidConcurrent: {
			"60.1 started", "120.1 held 120 JobAlreadyActive", "161.2 complete", "161.2 started for 120",
			"180.1 held 180 JobAlreadyActive",
			"240.1 skipped 180 JobAlreadyActive 1", "240.1 held 240 JobAlreadyActive", "262.3 complete", "262.3 started for 240",
		},
		batchv1.ReplaceConcurrent: {"60.1 started", "120.1 deleted", "120.1 started", "180.1 deleted", "180.1 started",
			"240.1 deleted", "240.1 started"},
		batchv1.AllowConcurrent: {"60.1 started", "120.1 started", "161.2 complete", "180.1 started", "221.2 complete",
			"240.1 started"},
	} {
		spec := minutely(100, func(s *batchv1.CronJobSpec) { s.ConcurrencyPolicy = policy })
		spec.Duration = 270 * time.Second
		records := play(t, spec, 0)
		require.Equal(t, want, cronCourse(records), policy)
		for _, r := range records {
			if d, is := r.(record.PodDeleting); is {
				require.Equal(t, record.JobReplaced, d.Reason)
			}
		}
	}
}

// What was due while it was suspended is not made up for, but for the last time.
// With a deadline that is over even that is lost.
func TestASuspendedCronJobMakesNoJobs(t *testing.T) {
	suspend := func(spec *cluster.Spec, suspended bool) cluster.Apply {
		next := spec.Objects[0].(*batchv1.CronJob).DeepCopy()
		next.Spec.Suspend = &suspended
		return cluster.Apply{Objects: []runtime.Object{next}}
	}
	for deadline, want := range map[int64][]string{
		0:  {"60.1 started", "71.2 complete", "330.0 started for 300", "341.1 complete", "360.1 started", "371.2 complete"},
		10: {"60.1 started", "71.2 complete", "360.1 skipped 300 StartingDeadline 1", "360.1 started", "371.2 complete"},
	} {
		spec := minutely(10, func(s *batchv1.CronJobSpec) {
			if deadline > 0 {
				s.StartingDeadlineSeconds = &deadline
			}
		})
		spec.Timeline = []cluster.Step{{At: 90e9, Action: suspend(spec, true)}, {At: 330e9, Action: suspend(spec, false)}}
		spec.Duration = 400 * time.Second
		require.Equal(t, want, cronCourse(play(t, spec, 0)))
	}
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

func TestQuotasCountCronJobsAndTheirJobs(t *testing.T) {
	spec := minutely(100, nil)
	spec.Duration = 4 * time.Minute
	spec.Objects = append([]runtime.Object{quotaOf("count/jobs.batch", "1", "count/cronjobs.batch", "1")}, spec.Objects...)
	template := spec.Objects[1].(*batchv1.CronJob).Spec.JobTemplate.Spec.Template
	spec.Objects = append(spec.Objects, cron("other", template, nil))
	records := play(t, spec, 0)
	require.Equal(t, []string{"60.1 started", "120.1 held 120 FailedCreate"}, cronCourse(records)[:2])
	refused, notApplied := 0, ""
	for _, r := range records {
		switch r := r.(type) {
		case record.CreationRefused:
			require.Equal(t, "CronJob default/nightly", r.By)
			require.Equal(t, "Job", r.Object)
			refused += int(r.Count)
		case record.Step:
			notApplied = saidOf(r)
		}
	}
	require.Greater(t, refused, 10, "again and again, as the work queue says")
	require.Contains(t, notApplied, `apply CronJob default/other: cronjobs.batch "other" is forbidden: exceeded quota`)
}

func TestADeletedCronJobTakesItsJobsAlong(t *testing.T) {
	nightly := cluster.ObjectRef{Kind: "CronJob", NamespacedName: types.NamespacedName{Namespace: "default",
		Name: "nightly"}}
	spec := minutely(100, nil, cluster.Step{At: 90e9, Action: cluster.Delete{Target: nightly}})
	records := play(t, spec, 0)
	require.Equal(t, []string{"60.1 started", "90.0 deleted"}, cronCourse(records))
	gone := false
	for _, r := range records {
		switch r := r.(type) {
		case record.PodDeleting:
			require.Equal(t, record.OwnerDeleted, r.Reason)
		case record.PodGone:
			gone = true
		}
	}
	require.True(t, gone)
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

func TestATimeThatNeverComes(t *testing.T) {
	spec := minutely(10, func(s *batchv1.CronJobSpec) { s.Schedule = "59 23 31 2 *" })
	require.Empty(t, cronCourse(play(t, spec, 0)))
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
