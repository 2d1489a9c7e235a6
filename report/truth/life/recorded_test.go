package life_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/report/truth/life"
	"github.com/kube-rehearse/rehearse/scenarios"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

const folder = "../../../testdata/truth-kubelet/"

// seeds are those among which each recorded time is ranked.
const seeds = 200

// untils are the seconds from which on a recording shows something else: another case
// took the node's memory.
var untils = map[string]float64{"crash-1s": 780}

// compared is a case held against its simulation.
func compared(t *testing.T, name string, set ...string) *life.Comparison {
	t.Helper()
	file, err := os.Open(folder + name + "/recorded.jsonl")
	require.NoError(t, err)
	defer file.Close()
	recorded, err := life.Read(name, file)
	require.NoError(t, err)
	spec, err := scenarios.Load(folder+name+"/scenario.yaml", scenarios.Options{Replications: seeds, Set: set})
	require.NoError(t, err)
	var run life.Simulation
	require.NoError(t, replicate.Run(t.Context(), spec, 2, nil, run.Add))
	return life.Compare(recorded, run.Recording(), untils[name])
}

// unsaid are the cases in which more happened than to the pods that were recorded.
var unsaid = map[string]string{
	"evict-ignore": "two pods of another case were evicted first (TestEvictionsFollowAsRecorded)",
}

func cases(t *testing.T) (names []string) {
	t.Helper()
	paths, err := filepath.Glob(folder + "*/recorded.jsonl")
	require.NoError(t, err)
	for _, path := range paths {
		names = append(names, filepath.Base(filepath.Dir(path)))
	}
	return names
}

// Each recorded time stands anywhere among those of 200 simulated seeds: of each kind
// the ranks can't be told from uniform ones, and nothing happened that no seed shows.
func TestRecordedLivesRankAsDice(t *testing.T) {
	var ranks []life.Rank
	var page page
	names := cases(t)
	require.Len(t, names, 33)
	for _, name := range names {
		if unsaid[name] != "" {
			continue
		}
		c := compared(t, name)
		ranks = append(ranks, c.Ranks...)
		page.add(name, c.Ranks)
		assert.Empty(t, c.Differences, name)
		for _, r := range c.Ranks {
			if os.Getenv("LIVES") != "" {
				t.Logf("%-18s run %d %-30s %8.2f s rank %.3f of %.2f … %.2f … %.2f s", name, r.Run, r.Measure, r.Recorded, r.Rank,
					r.Low, r.Median, r.Top)
			}
		}
	}
	pools := life.Pool(ranks)
	for _, kind := range life.Kinds {
		pool := pools[kind]
		p := life.Kolmogorov(pool)
		t.Logf("%-10s %3d times, p %.3f", kind, len(pool), p)
		page.kind(kind, len(pool), p)
		assert.Greater(t, p, 0.01, kind)
	}
	page.check(t)
}

// Kolmogorov's statistic tells ranks of laws that are too wide, too narrow or off.
func TestKolmogorovTellsLawsApart(t *testing.T) {
	even := make([]float64, 100)
	for i := range even {
		even[i] = (float64(i) + 0.5) / 100
	}
	require.Greater(t, life.Kolmogorov(even), 0.99)
	for name, change := range map[string]func(float64) float64{
		"too wide": func(u float64) float64 { return 0.25 + u/2 }, "off": func(u float64) float64 { return u * u },
		"too narrow": func(u float64) float64 { return float64(int(u * 2)) },
	} {
		changed := make([]float64, len(even))
		for i, u := range even {
			changed[i] = change(u)
		}
		require.Less(t, life.Kolmogorov(changed), 0.01, name)
	}
	almost := make([]float64, len(even)) // what is nearly right passes
	for i, u := range even {
		almost[i] = 0.05 + 0.9*u
	}
	require.Greater(t, life.Kolmogorov(almost), 0.01)
}

// What is wrong with a recording is said with file and line.
func TestReadNamesFaults(t *testing.T) {
	const head = `{"schema":"rehearse.dev/pod-lives/v1alpha1"}` + "\n"
	for name, c := range map[string]struct{ text, want string }{
		"nothing": {"", "r:1: must hold the life of at least one pod"},
		"another version": {`{"schema":"rehearse.dev/pod-lives/v2"}`,
			`r:1: schema: must be "rehearse.dev/pod-lives/v1alpha1", got`},
		"cut":    {head + `{"run":1,"t":1,"kind":"bou`, "r:2: line: must be an entry, got"},
		"a kind": {head + `{"run":1,"t":1,"kind":"slept","pod":0}`, `r:2: kind: must be one of`},
		"a clock": {head + `{"run":1,"t":9,"kind":"bound","pod":0}` + "\n" + `{"run":1,"t":2,"kind":"began","pod":0}`,
			"r:3: t: must not go back, got 2.000 s after 9.000 s"},
		"a jump": {head + `{"run":1,"t":1e9,"kind":"bound","pod":0}`, "r:2: t: must be from -60 s to"},
		"again": {head + strings.Repeat(`{"run":1,"t":9,"kind":"bound","pod":0}`+"\n", 2),
			"r:3: line: must say something new"},
		"no time": {`{"kind":"LOG","name":"p"}`, "r:1: rel: must be the seconds since the pod was created, got none"},
		"rv repeat": {strings.Repeat(`{"rel":1,"kind":"Pod","type":"ADDED","name":"p","uid":"u","rv":"7"}`+"\n", 2),
			"r:2: rv: must be new, got the event ADDED of Pod p again"},
	} {
		_, err := life.Read("r", strings.NewReader(c.text))
		require.ErrorContains(t, err, c.want, name)
	}
}
