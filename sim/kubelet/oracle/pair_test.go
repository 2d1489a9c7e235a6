//go:build kubeletoracle

//go:debug randseednop=0

package oracle

import (
	"flag"
	"fmt"
	"os"
	goruntime "runtime"
	"testing"

	"github.com/go-logr/logr"
	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

var (
	pods  = flag.Int("pods", 1000, "how many random pods")
	first = flag.Uint64("first", 1, "the seed of the first")
	trace = flag.Bool("trace", false, "show what the kubelet logs")
	shown = flag.Int("shown", 3, "how many that differ are shown")
)

// TestMain leaves one processor: what upstream leaves to chance between goroutines then
// goes one way most of the time.
func TestMain(m *testing.M) {
	goruntime.GOMAXPROCS(1)
	// The handler that slows errors down takes the bubble's clock for the wall's.
	utilruntime.ErrorHandlers = utilruntime.ErrorHandlers[:1]
	flag.Parse()
	if !*trace {
		klog.SetLogger(logr.Discard())
	} else {
		level := klog.Level(0)
		_ = level.Set("5") // which is a number
	}
	os.Exit(m.Run())
}

// Random pods live alike in the kubelet and in the model. Those of which one of several
// turns is as the model's differ by chance: at most one in fifty, so that a rule that is
// wrong does not pass for chance. After the first few that differ it stops.
func TestRandomPods(t *testing.T) {
	folder := t.TempDir()
	lived, differing, chance := 0, 0, 0
	for seed, end := *first, *first+uint64(*pods); seed < end && differing < *shown; {
		var w wave
		for jitter := write(seed).jitter(); seed < end && write(seed).jitter() == jitter; seed++ {
			w = append(w, write(seed))
		}
		lived += len(w)
		for i, want := range w.real(t, folder) {
			got := w[i].modelled(t)
			if alike(want, got) {
				continue
			}
			if w[i].again(t, folder, got) {
				chance++
				continue
			}
			t.Errorf("seed %d, %s: %s", w[i].seed, w[i], differ(want, got))
			if differing++; differing == *shown {
				break
			}
		}
	}
	t.Logf("%d pods lived, %d differ, %d by chance", lived, differing, chance)
	require.LessOrEqual(t, chance, 1+lived/50, "differ by chance")
}

// turns is how often a story that differs is lived again, alone.
const turns = 30

// again lives a story again in the kubelet, alone, until it is as told. Where two
// goroutines act in the same instant, one time the one is first, and another time the
// other.
func (s *story) again(t *testing.T, folder string, got []told) bool {
	defer goruntime.GOMAXPROCS(goruntime.GOMAXPROCS(0))
	for n := range turns {
		goruntime.GOMAXPROCS(1 + 2*n/turns) // at last with two, for orders that one never takes
		if alike(wave{s}.real(t, folder)[0], got) {
			return true
		}
	}
	return false
}

func (s *story) String() string {
	text := fmt.Sprintf("%s, bound %s, deleted %s with grace %d", s.pod.Spec.RestartPolicy, s.at, s.deletion, s.grace)
	for _, list := range [][]v1.Container{s.pod.Spec.InitContainers, s.pod.Spec.Containers} {
		for i := range list {
			text += fmt.Sprintf("\n\t%s %+v", list[i].Name, *s.programs[list[i].Name])
		}
	}
	return text + "\n"
}
