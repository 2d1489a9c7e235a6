package job

import (
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	batch "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	internal "k8s.io/kubernetes/pkg/apis/batch"
	"k8s.io/kubernetes/pkg/apis/batch/validation"
	"k8s.io/utils/ptr"
)

type decider func(View, time.Time) ([]Action, error)

// seen counts what has happened in stories, so that none is told in vain.
type seen map[string]int

// difference plays a story with upstream and a decider, sync by sync, and
// returns the first thing that they do differently, "" when there is none.
func difference(t *testing.T, seed uint64, syncs int, decide decider, happened seen) (found string) {
	synctest.Test(t, func(t *testing.T) {
		s := newStory(seed, time.Now)
		u := newUpstream(t, s)
		memory := Memory{Released: map[types.UID]bool{}}
		for i := range syncs {
			v, caughtUp := s.view()
			if caughtUp {
				memory.Unobserved, memory.Released = false, map[types.UID]bool{}
				u.observed()
			}
			memory.Finished = v.Finished
			v.Memory = memory
			s.stingy = s.random.IntN(10) == 0
			job, pods := v.Job.DeepCopy(), slices.Clone(v.Pods)
			want := u.sync(s, v)
			v.Refused = s.refusedOf(v, decide)
			actions, err := decide(v, time.Now())
			require.NoError(t, err)
			require.Equal(t, job, v.Job, "the view is read-only")
			require.True(t, slices.Equal(pods, v.Pods), "the view is read-only")
			got := text(s, actions)
			if a, b := strings.Join(want, "\n"), strings.Join(got, "\n"); a != b {
				found = fmt.Sprintf("seed %d sync %d at %s: upstream\n%s\ngot\n%s", seed, i, time.Now(), a, b)
				return
			}
			for _, action := range actions {
				memory.follow(action, s.created)
				happened[fmt.Sprintf("%T", action)]++
				switch a := action.(type) {
				case Event:
					happened[a.Reason]++
				case CreatePods:
					happened["refused"] += int(v.Refused)
					happened["pods"] = max(happened["pods"], len(a.Pods))
				case UpdateStatus:
					if c := findConditionByType(a.Status.Conditions, batch.JobComplete); c != nil {
						happened[c.Reason]++
					}
				}
			}
			time.Sleep(s.pass())
		}
	})
	return found
}

// refusedOf is how many of the pods that a decider would create were not
// created, if the API server has refused one.
func (s *story) refusedOf(v View, decide decider) int32 {
	if s.attempts == s.created {
		return 0
	}
	actions, _ := decide(v, s.now())
	for _, a := range actions {
		if c, is := a.(CreatePods); is {
			return int32(len(c.Pods) - s.created)
		}
	}
	return 0
}

// follow is what the controller remembers of an action until it sees its effect.
func (m *Memory) follow(action Action, created int) {
	switch a := action.(type) {
	case Remember:
		m.Backoff = a.Backoff
	case CreatePods:
		m.Unobserved = m.Unobserved || created > 0
	case DeletePods:
		m.Unobserved = m.Unobserved || a.Release
	case RemoveFinalizers:
		for _, p := range a.Pods {
			m.Released[p.UID] = true
		}
	}
}

// TestEqualToUpstream compares every sync of random histories, also of those in
// which the caches of the controller lag behind its writes, with the real
// controller's writes, events and requeues.
func TestEqualToUpstream(t *testing.T) {
	happened := seen{}
	for seed := range uint64(1000) {
		require.Empty(t, difference(t, seed, 60, Sync, happened))
	}
	for _, what := range []string{
		"refused",
		"job.CreatePods", "job.DeletePods", "job.RemoveFinalizers", "control.RequeueAfter",
		"Suspended", "Resumed", "Completed",
		batch.JobReasonBackoffLimitExceeded, batch.JobReasonDeadlineExceeded, batch.JobReasonPodFailurePolicy,
		batch.JobReasonFailedIndexes, batch.JobReasonMaxFailedIndexesExceeded, batch.JobReasonSuccessPolicy,
	} {
		require.Greater(t, happened[what], 10, "%s: %v", what, happened)
	}
	require.Equal(t, maxPodCreateDeletePerSync, happened["pods"])
}

// TestStoriesAreOfValidJobs holds that the API server would let the Jobs pass.
func TestStoriesAreOfValidJobs(t *testing.T) {
	for seed := range uint64(1000) {
		synctest.Test(t, func(t *testing.T) {
			s := newStory(seed, time.Now)
			var job internal.Job
			require.NoError(t, legacyscheme.Scheme.Convert(s.job, &job, nil))
			faults := validation.ValidateJobCreate(&job, validation.JobValidationOptions{})
			require.Empty(t, faults, "seed %d", seed)
		})
	}
}

// TestBrokenDecidersAreCaught holds that the comparison can fail: each of these
// deciders differs from Sync in one thing.
func TestBrokenDecidersAreCaught(t *testing.T) {
	changed := func(change func(*View)) decider {
		return func(v View, now time.Time) ([]Action, error) {
			v.Job = v.Job.DeepCopy()
			change(&v)
			return Sync(v, now)
		}
	}
	for name, decide := range map[string]decider{
		"forgets failures":            changed(func(v *View) { v.Backoff = Backoff{} }),
		"does not wait for its pods":  changed(func(v *View) { v.Unobserved = false }),
		"counts released pods twice":  changed(func(v *View) { v.Released = nil }),
		"knows no deadline":           changed(func(v *View) { v.Job.Spec.ActiveDeadlineSeconds = nil }),
		"takes no notice of policies": changed(func(v *View) { v.Job.Spec.PodFailurePolicy = nil }),
		"replaces too early":          changed(func(v *View) { v.Job.Spec.PodReplacementPolicy = nil }),
		"counts one failure too few": changed(
			func(v *View) { v.Job.Spec.BackoffLimit = ptr.To(*v.Job.Spec.BackoffLimit/2*2 + 1) }),
		"never gives up an index": changed(func(v *View) {
			if v.Job.Spec.BackoffLimitPerIndex != nil {
				v.Job.Spec.BackoffLimitPerIndex = ptr.To[int32](100)
			}
		}),
		"writes the end at once": func(v View, now time.Time) ([]Action, error) {
			actions, err := Sync(v, now)
			for i, a := range actions {
				if status, is := a.(UpdateStatus); is && i+1 < len(actions) {
					if _, more := actions[i+1].(Remember); more {
						status.Status.Conditions = nil
						actions[i] = status
					}
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
