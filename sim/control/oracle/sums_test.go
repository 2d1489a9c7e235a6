package oracle

import (
	"crypto/sha256"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	language "github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/scenarios/gallery"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/record"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

var updateSums = flag.Bool("update-sums", false,
	"rewrite testdata/sums.txt; say in the commit which sums change and why")

const (
	sumsFile = "../../../testdata/sums.txt"
	// galleryFolder is where the shipped scenarios lie.
	galleryFolder = "../../../scenarios/gallery"
	// summed is how many random clusters have a sum.
	summed = 60
)

const sumsHead = `# What the simulation says, as the SHA-256 of its records: the shipped scenarios, random
# clusters, and those that once differed from Kubernetes. The last column counts the events
# that the engine fired, which are not in the sum: doing the same with fewer is allowed.
`

// sum is what one run says, and what it cost.
type sum struct {
	name   string
	hash   string
	events uint64
}

func (s sum) String() string { return fmt.Sprintf("%s %s %d\n", s.hash, s.name, s.events) }

// sumOf plays all replications of a Spec.
func sumOf(t *testing.T, name string, spec *cluster.Spec) sum {
	h := sha256.New()
	w := record.NewWriter(h)
	s := sum{name: name}
	require.NoError(t, replicate.Run(t.Context(), spec, 1, nil, func(r record.Record) error {
		end, is := r.(record.End)
		if !is {
			return w.Write(r)
		}
		s.events += end.Events
		end.Events = 0
		line, err := json.Marshal(end)
		if err != nil {
			return err
		}
		if err := w.Flush(); err != nil {
			return err
		}
		_, err = fmt.Fprintf(h, "{%q:%q,%s\n", "kind", end.Kind(), line[1:])
		return err
	}))
	require.NoError(t, w.Flush())
	s.hash = fmt.Sprintf("%x", h.Sum(nil))
	return s
}

// summedSpecs are the runs that have a sum, by name, in their order.
func summedSpecs(t *testing.T) (names []string, specs map[string]func() *cluster.Spec) {
	specs = map[string]func() *cluster.Spec{}
	add := func(name string, spec func() *cluster.Spec) {
		names = append(names, name)
		specs[name] = spec
	}
	for _, story := range gallery.Names() {
		for seed := uint64(1); seed <= 2; seed++ {
			add(fmt.Sprintf("gallery/%s/seed-%d", story, seed), func() *cluster.Spec {
				spec, err := language.Load(filepath.Join(galleryFolder, story+".yaml"), language.Options{})
				require.NoError(t, err)
				spec.Seed, spec.Replications = seed, 2
				return spec
			})
		}
	}
	for seed := uint64(1); seed <= summed; seed++ {
		add(fmt.Sprintf("random/%d", seed), func() *cluster.Spec { return scenario(seed) })
	}
	kept, err := filepath.Glob(filepath.Join(regressions, "*.json"))
	require.NoError(t, err)
	for _, path := range kept {
		add("kept/"+strings.TrimSuffix(filepath.Base(path), ".json"), func() *cluster.Spec {
			spec, err := readKept(path)
			require.NoError(t, err)
			return spec
		})
	}
	return names, specs
}

// TestSums holds every byte of what the simulation says. A sum says that
// something differs, not what: play the run with --records before and after, and
// compare.
func TestSums(t *testing.T) {
	names, specs := summedSpecs(t)
	got := make(map[string]sum, len(names))
	var mu sync.Mutex
	t.Run("run", func(t *testing.T) {
		for _, name := range names {
			t.Run(name, func(t *testing.T) {
				t.Parallel()
				s := sumOf(t, name, specs[name]())
				mu.Lock()
				defer mu.Unlock()
				got[name] = s
			})
		}
	})
	var text strings.Builder
	text.WriteString(sumsHead)
	for _, name := range names {
		text.WriteString(got[name].String())
	}
	if *updateSums {
		require.NoError(t, os.WriteFile(sumsFile, []byte(text.String()), 0o644))
		return
	}
	want, err := os.ReadFile(sumsFile)
	require.NoError(t, err)
	if string(want) == text.String() {
		return
	}
	stored := map[string]string{}
	for line := range strings.Lines(string(want)) {
		if fields := strings.Fields(line); len(fields) == 3 {
			stored[fields[1]] = line
		}
	}
	for _, name := range names {
		if line := got[name].String(); stored[name] != line {
			t.Errorf("%s: must be\n  %sgot\n  %s", name, stored[name], line)
		}
		delete(stored, name)
	}
	for name := range stored {
		t.Errorf("%s: has a sum, but is not played", name)
	}
}
