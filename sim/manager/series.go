package manager

import "github.com/kube-rehearse/rehearse/sim"

// InBatches sends requests in batches, each batch side by side and after the one
// before, as fast as the client may (slowStartBatch). A batch asks the client only
// when it is its turn, so others come in between. do is false when the server
// refuses the i-th request; after a batch with such a one no more are sent. done
// runs when the last batch is answered, with the number of requests that were
// taken.
func (c *Client) InBatches(now sim.Time, sizes []int, do func(i int, now sim.Time) bool, answered func(), done func(now sim.Time, taken int)) {
	c.batches(now, sizes, 0, do, answered, done)
}

func (c *Client) batches(now sim.Time, sizes []int, from int, do func(i int, now sim.Time) bool, answered func(), done func(now sim.Time, taken int)) {
	if len(sizes) == 0 {
		done(now, from)
		return
	}
	taken := 0
	c.WriteAll(sizes[0], func(i int, at sim.Time) {
		if do(from+i, at) {
			taken++
		}
	}, func(int, sim.Time) { answered() }, func(at sim.Time) {
		if taken < sizes[0] {
			done(at, from+taken)
			return
		}
		c.batches(at, sizes[1:], from+taken, do, answered, done)
	})
}

// Send sends a request whose answer nobody waits for.
func (c *Client) Send(do func(now sim.Time)) { c.Write(do, func(sim.Time) {}) }
