// Package sim is the kernel of a discrete-event simulation: virtual time
// (time.go), the order of things that happen at one instant (phase.go), the
// event queue (queue.go), cancellable timers (timer.go), the loop that fires
// events (loop.go) and named random streams (random.go).
//
// It knows nothing of what is simulated and imports only the standard library.
// A Loop and everything scheduled on it belong to one goroutine.
package sim
