package load

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim"
)

// broker is a message queue outside the cluster. Messages are calls: they wait
// here until a container that pulls has room, and are acknowledged at the end of
// the work on them. One whose container dies comes again, as one whose work
// fails does, while the stream's Retry lets it.
type broker struct {
	service   *Service
	redeliver time.Duration
	backlog   backlog
	unacked   int // delivered, or not yet visible again
	consumers []*Instance
	turn      int
}

// Queue makes the Service of a key a message queue. A message whose container
// died is there again after redeliver: at once where the broker sees the
// connection close, or after the time that it is hidden for.
func (n *Network) Queue(key string, redeliver time.Duration) {
	s := n.Service(key)
	s.broker = &broker{service: s, redeliver: redeliver}
}

// Consume lets an instance pull messages from a queue while it listens, as many
// at a time as its concurrency.
func (n *Network) Consume(key string, i *Instance) {
	b := n.Service(key).broker
	b.consumers = append(b.consumers, i)
	i.pulls = append(i.pulls, b)
}

// Leave ends the pulling of an instance that never listens again.
func (i *Instance) Leave() {
	for _, b := range i.pulls {
		for k, c := range b.consumers {
			if c == i {
				b.consumers = append(b.consumers[:k], b.consumers[k+1:]...)
				break
			}
		}
	}
	i.pulls = nil
}

// Messages are those that wait, and those that are being worked on or not yet
// visible again; of a Service that is no queue both are 0.
func (s *Service) Messages() (waiting, unacknowledged int) {
	if s.broker == nil {
		return 0, 0
	}
	return s.broker.backlog.len(), s.broker.unacked
}

// publish brings a message to the queue; one that comes again is first.
func (b *broker) publish(now sim.Time, k *call) {
	if k.tries > 0 {
		b.unacked--
		b.backlog.pushFront(k)
	} else {
		b.backlog.pushBack(k)
	}
	b.dispatch(now)
}

// Fire is a container that begins to listen.
func (b *broker) Fire(now sim.Time) { b.dispatch(now) }

// dispatch deals messages to the consumers that have room, in turn.
func (b *broker) dispatch(now sim.Time) {
	for b.backlog.len() > 0 {
		i := b.next()
		if i == nil {
			return
		}
		b.unacked++
		k := b.backlog.popFront()
		i.offer(now, k.prepare())
	}
}

func (b *broker) next() *Instance {
	for range b.consumers {
		b.turn = (b.turn + 1) % len(b.consumers)
		if i := b.consumers[b.turn]; i.open && len(i.active) < i.spec.Concurrency {
			return i
		}
	}
	return nil
}

// backlog is a queue of calls with two ends.
type backlog struct {
	ring        []*call
	head, count int
}

func (q *backlog) len() int { return q.count }

func (q *backlog) room() {
	if q.count < len(q.ring) {
		return
	}
	bigger := make([]*call, max(8, 2*len(q.ring)))
	for i := range q.count {
		bigger[i] = q.ring[(q.head+i)%len(q.ring)]
	}
	q.ring, q.head = bigger, 0
}

func (q *backlog) pushBack(k *call) {
	q.room()
	q.ring[(q.head+q.count)%len(q.ring)] = k
	q.count++
}

func (q *backlog) pushFront(k *call) {
	q.room()
	q.head = (q.head + len(q.ring) - 1) % len(q.ring)
	q.ring[q.head] = k
	q.count++
}

// popFront takes the first. There must be one.
func (q *backlog) popFront() *call {
	k := q.ring[q.head]
	q.ring[q.head] = nil
	q.head = (q.head + 1) % len(q.ring)
	q.count--
	return k
}
