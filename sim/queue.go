package sim

// entry is a scheduled event. key orders entries of one instant: phase in the
// upper 8 bits, then the sequence number, then whether ev is a *Timer, whose
// position in the queue must be kept.
type entry struct {
	at  Time
	key uint64
	ev  Event
}

const (
	phaseShift = 56
	timerBit   = 1
)

func (e *entry) before(o *entry) bool {
	return e.at < o.at || (e.at == o.at && e.key < o.key)
}

// queue is a 4-ary min-heap of entries by value: one comparison level less
// than a binary heap for every two, and a node's children share cache lines.
type queue struct{ heap []entry }

func (q *queue) push(e entry) {
	q.heap = append(q.heap, e)
	q.up(len(q.heap)-1, e)
}

// pop removes the earliest entry. The queue must not be empty.
func (q *queue) pop() entry {
	top := q.heap[0]
	n := len(q.heap) - 1
	last := q.heap[n]
	q.heap[n] = entry{}
	q.heap = q.heap[:n]
	if n > 0 {
		q.down(0, last)
	}
	return top
}

// remove takes out the entry at position i.
func (q *queue) remove(i int) {
	n := len(q.heap) - 1
	last := q.heap[n]
	q.heap[n] = entry{}
	q.heap = q.heap[:n]
	if i < n {
		q.fix(i, last)
	}
}

// fix puts e in the place of the entry at position i.
func (q *queue) fix(i int, e entry) {
	if i > 0 && e.before(&q.heap[(i-1)/4]) {
		q.up(i, e)
		return
	}
	q.down(i, e)
}

// up moves the hole at i towards the root until e fits, and fills it with e.
func (q *queue) up(i int, e entry) {
	h := q.heap
	for i > 0 {
		parent := (i - 1) / 4
		if !e.before(&h[parent]) {
			break
		}
		h[i] = h[parent]
		h[i].moved(i)
		i = parent
	}
	h[i] = e
	h[i].moved(i)
}

// down moves the hole at i towards the leaves until e fits, and fills it.
func (q *queue) down(i int, e entry) {
	h := q.heap
	for {
		first := 4*i + 1
		if first >= len(h) {
			break
		}
		least := first
		for c, end := first+1, min(first+4, len(h)); c < end; c++ {
			if h[c].before(&h[least]) {
				least = c
			}
		}
		if !h[least].before(&e) {
			break
		}
		h[i] = h[least]
		h[i].moved(i)
		i = least
	}
	h[i] = e
	h[i].moved(i)
}

// moved tells a timer where its entry is now.
func (e *entry) moved(i int) {
	if e.key&timerBit != 0 {
		e.ev.(*Timer).position = i
	}
}
