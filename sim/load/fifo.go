package load

// fifo is a queue of requests from whose middle one may be taken: its place
// then stays empty until it comes up.
type fifo struct {
	ring        []*request
	head, count int // places in use, empty ones too
	gone        int // empty places
}

// len is the number of requests.
func (q *fifo) len() int { return q.count - q.gone }

func (q *fifo) push(r *request) {
	if q.count == len(q.ring) {
		bigger := make([]*request, max(8, 2*len(q.ring)))
		for i := range q.count {
			bigger[i] = q.ring[(q.head+i)%len(q.ring)]
			if bigger[i] != nil {
				bigger[i].index = i
			}
		}
		q.ring, q.head = bigger, 0
	}
	at := (q.head + q.count) % len(q.ring)
	q.ring[at], r.index = r, at
	q.count++
}

// pop takes the request that has waited longest. The queue must not be empty.
func (q *fifo) pop() *request {
	for q.count > 0 {
		r := q.ring[q.head]
		q.ring[q.head] = nil
		q.head = (q.head + 1) % len(q.ring)
		q.count--
		if r != nil {
			return r
		}
		q.gone--
	}
	return nil
}

// drop takes a queued request out of the middle.
func (q *fifo) drop(r *request) {
	q.ring[r.index] = nil
	q.gone++
}
