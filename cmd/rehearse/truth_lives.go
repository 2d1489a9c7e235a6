package main

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"regexp"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kube-rehearse/rehearse/report/truth/life"
	"github.com/kube-rehearse/rehearse/sim/replicate"
)

// leastProbability is that of ranks which are told from uniform ones.
const leastProbability = 0.01

// sniffed is how much of a recording is looked at to tell of what it is, in bytes.
const sniffed = 4 << 20

// sniff looks into a recording, unpacked where it is compressed, and reports whether it
// is one of a kubelet: its head says so, or containers have written lines.
func sniff(file io.Reader) (in io.Reader, ofLives bool, err error) {
	from := bufio.NewReader(file)
	if magic, _ := from.Peek(2); bytes.Equal(magic, []byte{0x1f, 0x8b}) {
		unpacked, err := gzip.NewReader(from)
		if err != nil {
			return nil, false, err
		}
		file = unpacked
	} else {
		file = from
	}
	whole := bufio.NewReaderSize(file, sniffed)
	start, _ := whole.Peek(sniffed) // a stream that is cut is told when it is read
	head, _, _ := bytes.Cut(start, []byte("\n"))
	return whole, bytes.Contains(head, []byte("/pod-lives/")) || lineOfContainer.Match(start), nil
}

// lineOfContainer is the kind of an event that is a line of a container's log.
var lineOfContainer = regexp.MustCompile(`"kind": ?"LOG"`)

// lives compares a recording of a kubelet.
func (f *truthFlags) lives(c *cobra.Command, s Streams, arguments []string, recorded *life.Recording) error {
	switch {
	case f.extract:
		return recorded.Write(s.Out)
	case f.seeds < 1 || f.seeds > 10_000:
		return badInput("--seeds: must be from 1 to 10000, got %d", f.seeds)
	case !(f.until >= 0 && f.until <= 1e9):
		return badInput("--until: must be from 0 to 1e9 seconds, got %g", f.until)
	}
	comparison, err := f.compareLives(c, s, arguments[0], recorded)
	if err != nil {
		return err
	}
	return writeLives(s.Out, comparison, f.all)
}

func (f *truthFlags) compareLives(
	c *cobra.Command, s Streams, path string, recorded *life.Recording,
) (*life.Comparison, error) {
	spec, err := load([]string{path}, f.options(c, s, f.seeds))
	if err != nil {
		return nil, err
	}
	var run life.Simulation
	if err := replicate.Run(c.Context(), spec, runtime.GOMAXPROCS(0), nil, run.Add); err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return life.Compare(recorded, run.Recording(), f.until), nil
}

// writeLives shows the ranks by kind, and each of them where there is a difference.
func writeLives(w io.Writer, c *life.Comparison, all bool) error {
	var out bytes.Buffer
	pool, failed := life.Pool(c.Ranks), len(c.Differences) > 0
	for _, kind := range life.Kinds {
		ranks := pool[kind]
		if len(ranks) == 0 {
			continue
		}
		p := life.Kolmogorov(ranks)
		verdict := "agree"
		if p <= leastProbability {
			failed, verdict = true, "differ"
		}
		fmt.Fprintf(&out, "%-10s %3d times  p %.3f  %s\n", kind, len(ranks), p, verdict)
	}
	for _, r := range c.Ranks {
		if all || failed {
			fmt.Fprintf(&out, "  run %d %-28s %8.2f s  rank %.3f of %.2f … %.2f … %.2f s\n",
				r.Run, r.Measure, r.Recorded, r.Rank, r.Low, r.Median, r.Top)
		}
	}
	for _, d := range c.Differences {
		fmt.Fprintf(&out, "! %s\n", d)
	}
	if _, err := w.Write(out.Bytes()); err != nil {
		return err
	}
	if failed {
		return errFailed
	}
	return nil
}
