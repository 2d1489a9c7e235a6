package cluster

// PollAlways lets the monitor of nodes poll from the start to the end, as the
// real one does, instead of only while there is something to see.
func (w *World) PollAlways() { w.lifecycle.always = true }

// RetryAfter is the back-off of the controllers' work queues.
var RetryAfter = retryAfter
