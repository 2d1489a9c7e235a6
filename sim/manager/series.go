package manager

import "github.com/kube-rehearse/rehearse/sim"

// InBatches sends requests in batches (slowStartBatch). The requests of a batch go
// side by side; the next batch begins when all of them are answered, so requests of
// others come in between.
//
// do carries out the i-th request and is false when the server refuses it. No batch
// follows one with a refusal. done runs when the last batch is answered, with the
// number of requests that were accepted.
func (c *Client) InBatches(now sim.Time, sizes []int, do func(i int, now sim.Time) bool, answered func(),
	done func(now sim.Time, taken int)) {
	c.batches(now, sizes, 0, do, answered, done)
}

func (c *Client) batches(now sim.Time, sizes []int, from int, do func(i int, now sim.Time) bool, answered func(),
	done func(now sim.Time, taken int)) {
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
