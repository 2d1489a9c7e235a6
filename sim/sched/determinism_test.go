package sched

import (
	"bytes"
	"io"
	"os"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/kube-rehearse/rehearse/sim"
)

func history(t testing.TB, seed uint64, nodes, steps int, headroom bool) []string {
	c := newChaos(t, seed, nodes)
	c.headroom = headroom
	for range steps {
		c.step()
	}
	return c.log
}

// The same operations give the same results, on any number of cores, and with
// other simulations beside them.
func TestDeterminism(t *testing.T) {
	seen := map[string]bool{}
	for seed := range uint64(12) {
		nodes := 4 + int(seed)*3
		want := history(t, seed, nodes, 300, false)
		require.NotEmpty(t, want)
		for _, line := range want {
			for _, word := range []string{"victim=", "denominated=", "nominated=n", "binding rejected", "node=n",
				"Insufficient"} {
				seen[word] = seen[word] || strings.Contains(line, word)
			}
		}
		for _, procs := range []int{1, 8} {
			previous := runtime.GOMAXPROCS(procs)
			got := history(t, seed, nodes, 300, false)
			runtime.GOMAXPROCS(previous)
			require.Equal(t, want, got, "seed %d, GOMAXPROCS %d", seed, procs)
		}
	}
	for _, word := range []string{"victim=", "nominated=n", "node=n", "Insufficient"} {
		assert.True(t, seen[word], "no history has %q", word)
	}

	var group sync.WaitGroup
	histories := make([][]string, 8)
	for i := range histories {
		group.Go(func() { histories[i] = history(t, 3, 13, 300, false) })
	}
	group.Wait()
	for _, h := range histories {
		require.Equal(t, histories[0], h)
	}
}

// Asking for headroom changes nothing: not the cache, not the queue, and not
// where the search for nodes starts in a cluster of more than 100 nodes.
func TestHeadroomLeavesNoTrace(t *testing.T) {
	for _, nodes := range []int{5, 40, 260} {
		require.Equal(t, history(t, 7, nodes, 120, false), history(t, 7, nodes, 120, true), "%d nodes", nodes)
	}
}

// Nothing is printed, whatever goes wrong.
func TestSilence(t *testing.T) {
	stderr, stdout := os.Stderr, os.Stdout
	read, write, err := os.Pipe()
	require.NoError(t, err)
	os.Stderr, os.Stdout = write, write
	var printed bytes.Buffer
	done := make(chan struct{})
	go func() {
		defer close(done)
		_, _ = io.Copy(&printed, read)
	}()
	func() {
		defer func() { os.Stderr, os.Stdout = stderr, stdout }()
		failures := 3
		w := newWorld(t, withPlugin(t, broken{&failures})).nodes(node("a"))
		w.add(pod("p"), pod("q", "cpu", 9))
		for range 5 {
			w.run()
			w.now = w.now.Add(20 * time.Second)
			w.Flush()
		}
		history(t, 1, 10, 200, true)
	}()
	require.NoError(t, write.Close())
	<-done
	assert.Empty(t, printed.String())
}

func TestCloseEndsGoroutines(t *testing.T) {
	before := runtime.NumGoroutine()
	var group sync.WaitGroup
	for range 20 {
		group.Go(func() {
			s, err := New(Config{}, testEpoch, func() sim.Time { return 0 })
			if assert.NoError(t, err) {
				s.Close()
			}
		})
	}
	group.Wait()
	// One goroutine of the runtime forwards signals for good.
	assert.Eventually(t, func() bool { return runtime.NumGoroutine() <= before+1 }, 10*time.Second, 10*time.Millisecond)
}
