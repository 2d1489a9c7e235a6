package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reversal takes an optimisation back.
type reversal struct {
	name, file, old, new string
	pkg, bench           string
}

var reversals = []reversal{
	{"a timer knows its place in the queue", "sim/timer.go", "		t.loop.queue.fix(t.position, e)\n",
		"		for i := range t.loop.queue.heap {\n			if t.loop.queue.heap[i].ev == Event(t) {\n				t.position = i\n" +
			"			}\n		}\n		t.loop.queue.fix(t.position, e)\n", "sim", "TimerMove"},
	{"requests are pooled", "sim/load/service.go", "	s.free = append(s.free, r)\n", "", "sim/load", "BenchmarkRequests"},
	{"calls are pooled", "sim/load/service.go", "	s.freeCalls = append(s.freeCalls, k)\n", "", "sim/load",
		"BenchmarkRequests"},
}

// tree writes the last commit into a folder.
func tree(t *testing.T) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "tree")
	if err := export("../..", "HEAD", folder); err != nil {
		t.Fatal(err)
	}
	return folder
}

// An optimisation that is taken back is seen.
func TestReversedOptimisationsAreCaught(t *testing.T) {
	base := tree(t)
	for _, r := range reversals {
		t.Run(r.name, func(t *testing.T) {
			changed := tree(t)
			file := filepath.Join(changed, r.file)
			text, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if !strings.Contains(string(text), r.old) {
				t.Fatalf("%s has no %q any longer", r.file, r.old)
			}
			text = []byte(strings.Replace(string(text), r.old, r.new, 1))
			if err := os.WriteFile(file, text, 0o600); err != nil {
				t.Fatal(err)
			}
			var told bytes.Buffer
			losses, err := compare(&told, settings{base, changed, []string{r.pkg}, r.bench, 6, 1.1})
			if err != nil {
				t.Fatal(err)
			}
			if len(losses) == 0 {
				t.Errorf("not seen:\n%s", &told)
			}
		})
	}
}

// A commit that changes nothing loses nothing.
func TestAnUnchangedCommitIsNotCaught(t *testing.T) {
	for _, r := range reversals[:2] {
		var told bytes.Buffer
		losses, err := compare(&told, settings{tree(t), tree(t), []string{r.pkg}, r.bench, 6, 1.1})
		if err != nil {
			t.Fatal(err)
		}
		if len(losses) > 0 {
			t.Errorf("seen: %v\n%s", losses, &told)
		}
	}
}
