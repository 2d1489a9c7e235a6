package cpu

// entry is a running task in its group's heap, with what orders it.
type entry struct {
	target amount
	seq    uint64
	task   *Task
}

func (e *entry) before(o *entry) bool {
	if e.target != o.target {
		return e.target.less(o.target)
	}
	return e.seq < o.seq
}

// heap is a binary min-heap by target: the first is the next to be done, since
// all tasks of a group are served at one speed per thread.
type heap []entry

func (h *heap) push(t *Task) {
	*h = append(*h, entry{})
	h.up(len(*h)-1, entry{t.target, t.seq, t})
}

func (h *heap) remove(i int) {
	n := len(*h) - 1
	last := (*h)[n]
	(*h)[n] = entry{}
	*h = (*h)[:n]
	switch {
	case i == n:
	case i > 0 && last.before(&(*h)[(i-1)/2]):
		h.up(i, last)
	default:
		h.down(i, last)
	}
}

func (h heap) up(i int, e entry) {
	for i > 0 {
		parent := (i - 1) / 2
		if !e.before(&h[parent]) {
			break
		}
		h.put(i, h[parent])
		i = parent
	}
	h.put(i, e)
}

func (h heap) down(i int, e entry) {
	for {
		child := 2*i + 1
		if child >= len(h) {
			break
		}
		if right := child + 1; right < len(h) && h[right].before(&h[child]) {
			child = right
		}
		if !h[child].before(&e) {
			break
		}
		h.put(i, h[child])
		i = child
	}
	h.put(i, e)
}

func (h heap) put(i int, e entry) {
	h[i] = e
	e.task.index = i
}
