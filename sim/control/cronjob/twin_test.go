package cronjob

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

type decider func(View, time.Time) ([]Action, error)

// seen counts what has happened in stories, so that none is told in vain.
type seen map[string]int

// difference plays a story with upstream and a decider, sync by sync, and returns
// the first thing that they do differently, "" when there is none.
func difference(t *testing.T, seed uint64, syncs int, decide decider, happened seen) (found string) {
	synctest.Test(t, func(t *testing.T) {
		// until after the hour that is missing in spring
		time.Sleep(time.Duration(seed%130)*24*time.Hour + time.Duration(seed)*time.Minute)
		s := newStory(seed, time.Now)
		u := newUpstream(t, s)
		defer u.stop()
		for i := range syncs {
			before := s.turn()
			if before != s.cronJob {
				want, got := u.changed(before, s.cronJob), changedText(Changed(before, s.cronJob, time.Now()))
				if want != got {
					found = fmt.Sprintf("seed %d change %d at %s: upstream\n%s\ngot\n%s", seed, i, time.Now(), want, got)
					return
				}
			}
			v, server := s.view(), s.api.clone()
			kept := v.CronJob.DeepCopy()
			now := time.Now()
			want := u.sync(v)
			require.Equal(t, now, time.Now(), "a sync takes no time in the bubble")
			actions := decideWith(t, decide, v, server, now)
			require.Equal(t, kept, v.CronJob, "the view is read-only")
			conflict := server.cronJob == nil || server.cronJob.ResourceVersion != v.CronJob.ResourceVersion
			if got := text(actions, conflict); want != got {
				found = fmt.Sprintf("seed %d sync %d at %s: upstream\n%s\ngot\n%s", seed, i, now, want, got)
				return
			}
			for _, action := range actions {
				happened[fmt.Sprintf("%T", action)]++
				if e, is := action.(Event); is {
					happened[e.Reason]++
				}
			}
			time.Sleep(s.pass())
		}
	})
	return found
}

// decideWith lets a decider decide, and the API server answer to its new Job.
func decideWith(t *testing.T, decide decider, v View, server *api, now time.Time) []Action {
	actions, err := decide(v, now)
	require.NoError(t, err)
	if len(actions) == 0 {
		return nil
	}
	c, is := actions[len(actions)-1].(CreateJob)
	if !is {
		return actions
	}
	for _, a := range actions {
		if d, is := a.(DeleteJob); is {
			server.delete(d.Job.Name)
		}
	}
	job, err := server.create(c.Job)
	v.Answer = &Answer{job, err}
	actions, err = decide(v, now)
	require.NoError(t, err)
	return actions
}

// TestEqualToUpstream compares every sync of random histories, also of those in
// which the caches of the controller lag behind, with the real controller's
// writes, events and requeues, and every change of the CronJob.
func TestEqualToUpstream(t *testing.T) {
	happened := seen{}
	for seed := range uint64(600) {
		require.Empty(t, difference(t, seed, 60, Sync, happened))
	}
	for _, what := range []string{
		"cronjob.CreateJob", "cronjob.DeleteJob", "cronjob.UpdateStatus", "control.RequeueAfter", "cronjob.Retry",
		"SuccessfulCreate", "SuccessfulDelete", "FailedCreate", "FailedDelete", "FailedGet", "SawCompletedJob", "MissingJob",
		"UnexpectedJob",
		"JobAlreadyActive", "TooManyMissedTimes", "UnknownTimeZone", "UnsupportedSchedule", "UnparseableSchedule",
		"InvalidSchedule",
	} {
		require.Greater(t, happened[what], 10, "%s: %v", what, happened)
	}
}

// TestBrokenDecidersAreCaught holds that the comparison can fail: each of these
// deciders differs from Sync in one thing.
func TestBrokenDecidersAreCaught(t *testing.T) {
	changed := func(change func(*batch.CronJob)) decider {
		return func(v View, now time.Time) ([]Action, error) {
			v.CronJob = v.CronJob.DeepCopy()
			change(v.CronJob)
			return Sync(v, now)
		}
	}
	for name, decide := range map[string]decider{
		"knows no deadline":    changed(func(cj *batch.CronJob) { cj.Spec.StartingDeadlineSeconds = nil }),
		"knows no zones":       changed(func(cj *batch.CronJob) { cj.Spec.TimeZone = nil }),
		"lets all run at once": changed(func(cj *batch.CronJob) { cj.Spec.ConcurrencyPolicy = batch.AllowConcurrent }),
		"keeps one more that failed": changed(func(cj *batch.CronJob) {
			cj.Spec.FailedJobsHistoryLimit = ptr.To(ptr.Deref(cj.Spec.FailedJobsHistoryLimit, 100) + 1)
		}),
		"counts from its creation on": changed(func(cj *batch.CronJob) { cj.Status.LastScheduleTime = nil }),
		"is never suspended":          changed(func(cj *batch.CronJob) { cj.Spec.Suspend = nil }),
		"trusts its cache": func(v View, now time.Time) ([]Action, error) {
			v.StoredCronJob = v.CronJob
			return Sync(v, now)
		},
		"looks at the very second": func(v View, now time.Time) ([]Action, error) {
			actions, err := Sync(v, now)
			for i, a := range actions {
				if r, is := a.(RequeueAfter); is {
					actions[i] = RequeueAfter{After: r.After - nextScheduleDelta}
				}
			}
			return actions, err
		},
	} {
		caught := false
		for seed := uint64(0); seed < 100 && !caught; seed++ {
			caught = difference(t, seed, 60, decide, seen{}) != ""
		}
		require.True(t, caught, "a decider that %s is equal to upstream", name)
	}
}

func TestAViewThatCanNotBe(t *testing.T) {
	_, err := Sync(View{}, time.Time{})
	require.EqualError(t, err, "cronjob: must be set, got nil")
	cj := &batch.CronJob{ObjectMeta: metav1.ObjectMeta{Namespace: "ns", Name: "n"},
		Spec: batch.CronJobSpec{FailedJobsHistoryLimit: ptr.To[int32](-1)}}
	_, err = Sync(View{CronJob: cj, Jobs: []*batch.Job{nil}, Answer: &Answer{}}, time.Time{})
	require.EqualError(t, err, `cronjob ns/n: spec.failedJobsHistoryLimit: must be at least 0, got -1
cronjob ns/n: jobs[0]: must be set, got nil
cronjob ns/n: storedJob: must be set, got nil
cronjob ns/n: answer: must be a job or an error, got both or neither`)
}
