package statefulset

import (
	"fmt"
	"os"
	"os/signal"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

func TestMain(m *testing.M) {
	// The first call starts a goroutine, which must not be in a bubble.
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
	drive.Quiet()
	debug.SetGCPercent(400) // these tests are short of time, not of memory
	os.Exit(m.Run())
}

// tellDriven plays one story with a decider.
func tellDriven(seed uint64, decide decider) (*driven, error) {
	d := newDriven(seed, decide)
	d.counter.at = epoch.Add(prelude)
	if _, err := d.create(setsResource, d.randomSet()); err != nil {
		return d, err
	}
	end := d.play()
	if err := d.run(prelude + end); err != nil {
		return d, err
	}
	d.observe()
	return d, nil
}

// canonical orders what upstream does in no order: it handles the pods of a
// Parallel StatefulSet at once and ranges a map of claim templates. New claims
// reach its cache one by one, so that it may come to own a later template's
// claim first.
func canonical(log []string, parallel bool) []string {
	if parallel {
		return slices.Sorted(slices.Values(log))
	}
	log = slices.Clone(log)
	for _, kind := range []string{" create claim ", " update persistentvolumeclaims "} {
		for i := 0; i < len(log); {
			j := i
			for j < len(log) && strings.Contains(log[j], kind) {
				j++
			}
			slices.Sort(log[i:j])
			i = j + 1
		}
	}
	return log
}

// difference compares the stories of a seed, "" if they are equal.
func difference(seed uint64, real []string, decide decider) string {
	d, err := tellDriven(seed, decide)
	if err != nil {
		return err.Error()
	}
	parallel := d.set().Spec.PodManagementPolicy == apps.ParallelPodManagement
	ours, real := canonical(d.log, parallel), canonical(real, parallel)
	for i := range max(len(ours), len(real)) {
		a, b := "-", "-"
		if i < len(ours) {
			a = ours[i]
		}
		if i < len(real) {
			b = real[i]
		}
		if a != b {
			from := max(0, i-5)
			return fmt.Sprintf("seed %d line %d:\n%s\nours     %s\nupstream %s", seed, i,
				strings.Join(real[from:min(i, len(real))], "\n"), a, b)
		}
	}
	return ""
}

// TestStoriesAreThoseOfUpstreamsController plays random stories with the real
// controller and with Sync: every pod and claim is written alike at the same
// instant, every status and every revision that somebody looks at is equal.
func TestStoriesAreThoseOfUpstreamsController(t *testing.T) {
	for worker := range uint64(2) {
		t.Run("", func(t *testing.T) {
			t.Parallel()
			for seed := worker; seed < 300; seed += 2 {
				var story []string
				synctest.Test(t, func(t *testing.T) { story = tellReal(t, seed) })
				require.Empty(t, difference(seed, story, Sync))
			}
		})
	}
}

// TestAWrongDeciderIsCaught holds that the comparison can fail: each of these
// deciders differs from Sync in one thing.
func TestAWrongDeciderIsCaught(t *testing.T) {
	wrong := map[string]decider{
		"ignores minReadySeconds": func(v View, now time.Time) ([]Action, error) {
			v.StatefulSet = v.StatefulSet.DeepCopy()
			v.StatefulSet.Spec.MinReadySeconds = 0
			return Sync(v, now)
		},
		"never looks again": func(v View, now time.Time) ([]Action, error) {
			return without[RequeueAfter](v, now)
		},
		"keeps all history": func(v View, now time.Time) ([]Action, error) {
			return without[DeleteRevision](v, now)
		},
		"leaves pods as they are": func(v View, now time.Time) ([]Action, error) {
			return without[UpdatePod](v, now)
		},
		"ignores the partition": func(v View, now time.Time) ([]Action, error) {
			v.StatefulSet = v.StatefulSet.DeepCopy()
			if r := v.StatefulSet.Spec.UpdateStrategy.RollingUpdate; r != nil {
				*r.Partition = 0
			}
			return Sync(v, now)
		},
		"updates one pod at a time": func(v View, now time.Time) ([]Action, error) {
			v.StatefulSet = v.StatefulSet.DeepCopy()
			if r := v.StatefulSet.Spec.UpdateStrategy.RollingUpdate; r != nil {
				r.MaxUnavailable = nil
			}
			return Sync(v, now)
		},
		"deletes in order, not against it": func(v View, now time.Time) ([]Action, error) {
			actions, err := Sync(v, now)
			for i, a := range actions {
				if _, ok := a.(DeletePod); ok {
					actions[i] = DeletePod{
						slices.MinFunc(v.Pods,
							func(a, b *v1.Pod) int { return ordinalOf(v.StatefulSet, a) - ordinalOf(v.StatefulSet, b) })}
				}
			}
			return actions, err
		},
	}
	const seeds = 40
	real := make([][]string, seeds)
	for seed := range real {
		synctest.Test(t, func(t *testing.T) { real[seed] = tellReal(t, uint64(seed)) })
	}
	for name, decide := range wrong {
		caught := 0
		for seed := range real {
			if difference(uint64(seed), real[seed], decide) != "" {
				caught++
				break
			}
		}
		require.Positive(t, caught, "a decider that %s is equal to upstream", name)
	}
}

// without drops one kind of action.
func without[T Action](v View, now time.Time) ([]Action, error) {
	actions, err := Sync(v, now)
	return slices.DeleteFunc(actions, func(a Action) bool { _, ok := a.(T); return ok }), err
}
