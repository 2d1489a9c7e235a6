package oracle

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	"k8s.io/apimachinery/pkg/runtime"

	"github.com/kube-rehearse/rehearse/report/truth"
	"github.com/kube-rehearse/rehearse/sim/cluster"
)

// regressions is where the smallest scenarios are kept on which the two worlds
// once differed.
const regressions = "../../../testdata/oracle"

// keepSmallest shrinks a scenario on which the worlds differ, and writes it where
// it is played from now on.
func keepSmallest(t *testing.T, spec *cluster.Spec) {
	small := shrink(spec, 60, func(s *cluster.Spec) bool { return hasPods(s) && compare(t, s).verdict == different })
	path := filepath.Join(regressions, strings.ReplaceAll(spec.Name, " ", "-")+".json")
	require.NoError(t, keep(small, "say here what was wrong", path))
	t.Logf("the smallest that differs is kept in %s:\n%s", path, describe(small))
}

// hasPods reports whether there is a workload to make any from the start, from
// where on the times of a recording count.
func hasPods(spec *cluster.Spec) bool {
	return slices.ContainsFunc(spec.Objects, func(o runtime.Object) bool {
		switch o.(type) {
		case *apps.Deployment, *apps.ReplicaSet, *apps.StatefulSet, *apps.DaemonSet, *batch.Job:
			return true
		}
		return false
	})
}

// TestRegressions plays what was kept.
func TestRegressions(t *testing.T) {
	files, err := filepath.Glob(filepath.Join(regressions, "*.json"))
	require.NoError(t, err)
	for _, path := range files {
		t.Run(strings.TrimSuffix(filepath.Base(path), ".json"), func(t *testing.T) {
			t.Parallel()
			spec, err := readKept(path)
			require.NoError(t, err)
			o := compare(t, spec)
			var text bytes.Buffer
			require.NoError(t, o.WriteText(&text, false))
			require.Contains(t, []verdict{agrees, sometimes}, o.verdict, "%s\n%s", describe(spec), text.String())
		})
	}
}

// TestFailuresShrink: of a random scenario little is left that shows a broken
// rule, and what is left survives a file.
func TestFailuresShrink(t *testing.T) {
	oneTooMany := func(spec *cluster.Spec) *cluster.Spec {
		broken := *spec
		broken.Objects = nil
		for _, o := range spec.Objects {
			o = o.DeepCopyObject()
			if d, is := o.(*apps.Deployment); is {
				*d.Spec.Replicas++
			}
			broken.Objects = append(broken.Objects, o)
		}
		return &broken
	}
	fails := func(spec *cluster.Spec) bool {
		_, ours := simulate(t, oneTooMany(spec))
		_, theirs := simulate(t, spec) // the model itself in the place of Kubernetes, for speed
		return !truth.Compare(theirs, ours, truth.Check{}).Equal()
	}
	var spec *cluster.Spec
	for seed := uint64(1); spec == nil || !fails(spec); seed++ {
		spec = scenario(seed)
	}
	small := shrink(spec, 200, fails)
	require.True(t, fails(small))
	require.Len(t, small.Objects, 1)
	require.Len(t, small.Nodes, 1)
	require.Empty(t, small.Timeline)

	path := filepath.Join(t.TempDir(), "small.json")
	require.NoError(t, keep(small, fmt.Sprint("seed ", spec.Seed), path))
	again, err := readKept(path)
	require.NoError(t, err)
	require.Equal(t, describe(small), describe(again))
	second := filepath.Join(t.TempDir(), "again.json")
	require.NoError(t, keep(again, fmt.Sprint("seed ", spec.Seed), second))
	one, err := os.ReadFile(path)
	require.NoError(t, err)
	two, err := os.ReadFile(second)
	require.NoError(t, err)
	require.Equal(t, string(one), string(two))
}
