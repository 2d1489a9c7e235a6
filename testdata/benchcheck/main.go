// Command benchcheck compares the benchmarks of two trees of this repository, with
// the statistics of benchstat. It is a module of its own, so that rehearse does not
// depend on them.
package main

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"golang.org/x/perf/benchfmt"
	"golang.org/x/perf/benchmath"
)

// settings say what is compared.
type settings struct {
	old, new string   // roots of the trees
	packages []string // by their paths in the tree
	bench    string   // -test.bench
	rounds   int      // of each tree, in turn
	limit    float64  // a ratio above it is a loss, when it is significant
}

// key is one number of one benchmark.
type key struct{ pkg, name, unit string }

// loss is a number that got worse.
type loss struct {
	key
	ratio, p float64
}

func main() {
	repository := flag.String("repository", "../..", "root of the tree as it is")
	base := flag.String("base", "", "commit to compare with")
	s := settings{packages: []string{"sim", "sim/cpu", "sim/load", "sim/sched", "sim/llm", "sim/cluster"}}
	flag.StringVar(&s.bench, "bench", ".", "which benchmarks")
	flag.IntVar(&s.rounds, "rounds", 8, "how often each is run in each tree")
	flag.Float64Var(&s.limit, "limit", 1.1, "ratio from which on a significant difference is a loss")
	flag.Parse()
	if flag.NArg() > 0 {
		s.packages = flag.Args()
	}
	losses, err := compareCommits(os.Stdout, s, *repository, *base)
	if err != nil {
		fmt.Fprintln(os.Stderr, "benchcheck:", err)
		os.Exit(2)
	}
	if len(losses) > 0 {
		os.Exit(1)
	}
}

// compareCommits compares a tree with a commit of it.
func compareCommits(w io.Writer, s settings, repository, base string) ([]loss, error) {
	root, err := filepath.Abs(repository)
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "benchcheck")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	s.old, s.new = filepath.Join(folder, "base"), root
	if err := export(root, base, s.old); err != nil {
		return nil, err
	}
	return compare(w, s)
}

// export writes the files of a commit into a folder.
func export(repository, commit, folder string) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	archive := exec.Command("git", "-C", repository, "archive", "--format=tar", commit)
	unpack := exec.Command("tar", "-x", "-C", folder)
	var told bytes.Buffer
	archive.Stderr, unpack.Stderr = &told, &told
	var err error
	if unpack.Stdin, err = archive.StdoutPipe(); err != nil {
		return err
	}
	if err := unpack.Start(); err != nil {
		return err
	}
	if err := archive.Run(); err != nil {
		return fmt.Errorf("git archive %s: %w: %s", commit, err, &told)
	}
	return unpack.Wait()
}

// compare tells the ratios and returns the losses. What seems to be one is measured
// again: only what is lost both times counts, since one of many comparisons is
// significant by chance.
func compare(w io.Writer, s settings) ([]loss, error) {
	binaries := map[string]string{}
	for _, root := range []string{s.old, s.new} {
		for _, pkg := range s.packages {
			binary := filepath.Join(os.TempDir(), fmt.Sprintf("benchcheck-%d-%d.test", os.Getpid(), len(binaries)))
			build := exec.Command("go", "test", "-c", "-o", binary, "./"+pkg)
			build.Dir = root
			if out, err := build.CombinedOutput(); err != nil {
				return nil, fmt.Errorf("%s: %w: %s", pkg, err, out)
			}
			defer os.Remove(binary)
			binaries[root+"|"+pkg] = binary
		}
	}
	first, err := measure(s, binaries, s.packages)
	if err != nil {
		return nil, err
	}
	suspects := first.losses(w, s.limit)
	if len(suspects) == 0 {
		return nil, nil
	}
	var again []string
	for _, l := range suspects {
		if len(again) == 0 || again[len(again)-1] != l.pkg {
			again = append(again, l.pkg)
		}
	}
	fmt.Fprintln(w, "once more, what seems to be a loss:")
	second, err := measure(s, binaries, again)
	if err != nil {
		return nil, err
	}
	confirmed := map[key]bool{}
	for _, l := range second.losses(w, s.limit) {
		confirmed[l.key] = true
	}
	var losses []loss
	for _, l := range suspects {
		if confirmed[l.key] {
			losses = append(losses, l)
			fmt.Fprintf(w, "LOSS  %s %s: %s × %.2f (p %.3f)\n", l.pkg, l.name, l.unit, l.ratio, l.p)
		}
	}
	return losses, nil
}

// samples are the numbers of both trees, 0 the old one, in the order of their names.
type samples struct {
	order []key
	of    map[key][2][]float64
}

// measure runs the benchmarks, the trees in turn, so that what disturbs the machine
// disturbs both.
func measure(s settings, binaries map[string]string, packages []string) (*samples, error) {
	all := &samples{of: map[key][2][]float64{}}
	for _, pkg := range packages {
		for round := range s.rounds {
			for i := range 2 {
				side := (i + round) % 2 // who is first changes, too
				root := []string{s.old, s.new}[side]
				run := exec.Command(binaries[root+"|"+pkg], "-test.run", "^$", "-test.bench", s.bench, "-test.benchtime", "0.1s",
					"-test.benchmem", "-test.timeout", "0")
				run.Dir = filepath.Join(root, pkg)
				out, err := run.CombinedOutput()
				if err != nil {
					return nil, fmt.Errorf("%s: %w: %s", pkg, err, out)
				}
				all.read(pkg, side, out)
			}
		}
	}
	return all, nil
}

// read takes the numbers of one run of a package's benchmarks.
func (a *samples) read(pkg string, side int, out []byte) {
	reader := benchfmt.NewReader(bytes.NewReader(out), pkg)
	for reader.Scan() {
		result, is := reader.Result().(*benchfmt.Result)
		if !is {
			continue
		}
		for _, v := range result.Values {
			if v.Unit != "sec/op" && v.Unit != "B/op" && v.Unit != "allocs/op" {
				continue
			}
			k := key{pkg, string(result.Name.Full()), v.Unit}
			both, known := a.of[k]
			if !known {
				a.order = append(a.order, k)
			}
			both[side] = append(both[side], v.Value)
			a.of[k] = both
		}
	}
}

// losses tells all ratios of medians, "~" where they are no difference, and returns
// those that are a loss.
func (a *samples) losses(w io.Writer, limit float64) (list []loss) {
	thresholds := benchmath.DefaultThresholds
	for _, k := range a.order {
		both := a.of[k]
		if len(both[0]) == 0 || len(both[1]) == 0 {
			continue // a benchmark that only one of them has
		}
		old, new := benchmath.NewSample(both[0], &thresholds), benchmath.NewSample(both[1], &thresholds)
		c := benchmath.AssumeNothing.Compare(old, new)
		before := benchmath.AssumeNothing.Summary(old, 0.95).Center
		after := benchmath.AssumeNothing.Summary(new, 0.95).Center
		if before == 0 && after == 0 {
			continue
		}
		ratio := after / before // +Inf where there was nothing
		told := "~"
		if c.P <= c.Alpha {
			told = fmt.Sprintf("%.3f", ratio)
		}
		fmt.Fprintf(w, "%-12s %-60s %-10s %8s  p %.3f\n", k.pkg, strings.TrimPrefix(k.name, "Benchmark"), k.unit, told, c.P)
		if c.P <= c.Alpha && ratio > limit {
			list = append(list, loss{k, ratio, c.P})
		}
	}
	return list
}
