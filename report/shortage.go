package report

import (
	"fmt"
	"maps"
	"slices"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
)

// shortages are what became of a workload's pods on nodes that were short of
// memory.
type shortages struct {
	evicted, systemKills, lost int64
	node                       string // one of them
}

func (s *shortages) note(node string, lost int) {
	s.lost += int64(lost)
	if s.node == "" {
		s.node = node
	}
}

func (s *shortages) merge(o shortages) {
	s.evicted += o.evicted
	s.systemKills += o.systemKills
	s.note(o.node, int(o.lost))
}

func (s *shortages) any() bool { return s.evicted+s.systemKills > 0 }

// findShortages tells of nodes whose containers together needed more memory
// than they had.
func findShortages(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		s := w.shortages
		if !s.any() {
			return nil
		}
		what := ""
		switch {
		case s.systemKills == 0:
			what = words.CountOf(int(s.evicted), "pod") + " evicted"
		case s.evicted == 0:
			what = words.CountOf(int(s.systemKills), "container") + " killed by the kernel"
		default:
			what = fmt.Sprintf("%s evicted and %s killed by the kernel", words.CountOf(int(s.evicted), "pod"), words.CountOf(int(s.systemKills), "container"))
		}
		node := f.result.Nodes[s.node]
		memory := node.Memory
		if s.lost > 0 {
			what += fmt.Sprintf(", and %s in flight lost with them,", words.Requests(s.lost))
		}
		return []result.Finding{{
			What: fmt.Sprintf("%s%s, since the containers of a node together needed more memory than it has: on %s requests add up to %s and limits to %s of %s allocatable.",
				what, f.inRuns(w.shortageRuns), s.node, words.Bytes(memory.Requests), words.Bytes(memory.Limits), words.Bytes(node.Allocatable.Memory)),
			Change: "Raise requests.memory to what the containers use, so that fewer of them share a node, or lower limits.memory towards the requests.",
		}}
	})
}

// findGPUShortages tells of processes that found too little memory left on a
// GPU that they share.
func findGPUShortages(f *facts) []result.Finding {
	return f.eachWorkload(func(key string, w *workloadTotals) []result.Finding {
		var all []result.Finding
		for _, name := range slices.Sorted(maps.Keys(w.evidence.gpuOOM)) {
			t := w.evidence.gpuOOM[name]
			all = append(all, result.Finding{
				What: fmt.Sprintf("container %s exited %s with CUDA out of memory%s: time-slicing keeps no container from the memory of the others on its GPU.",
					name, words.Times(t.n), f.inRuns(t.runs)),
				Change: "Lower --gpu-memory-utilization until all that share a GPU take less than all of its memory together, share each GPU among fewer, or cut it into MIG slices.",
			})
		}
		return all
	})
}
