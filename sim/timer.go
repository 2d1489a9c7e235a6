package sim

// Timer is an event that can be moved and cancelled. A cancelled timer leaves
// nothing behind in the queue. Embed it by value and call Init before use.
type Timer struct {
	loop     *Loop
	phase    Phase
	fire     Func
	deadline Time
	position int // in the queue's heap; valid while armed
	armed    bool
}

// NewTimer returns an unarmed timer that calls f in phase p.
func (l *Loop) NewTimer(p Phase, f Func) *Timer {
	t := new(Timer)
	t.Init(l, p, f)
	return t
}

// Init makes the zero Timer usable.
func (t *Timer) Init(l *Loop, p Phase, f Func) { *t = Timer{loop: l, phase: p, fire: f} }

// Set arms the timer for an instant, or moves it there. Never stops it. Among
// events of the same instant and phase it comes after those already scheduled.
func (t *Timer) Set(at Time) {
	if at == Never {
		t.Stop()
		return
	}
	e := t.loop.entry(at, t.phase, t, timerBit)
	t.deadline = at
	if t.armed {
		t.loop.queue.fix(t.position, e)
		return
	}
	t.armed = true
	t.loop.queue.push(e)
}

// Stop disarms the timer, if it is armed.
func (t *Timer) Stop() {
	if t.armed {
		t.armed = false
		t.loop.queue.remove(t.position)
	}
}

// Armed reports whether the timer will fire.
func (t *Timer) Armed() bool { return t.armed }

// Deadline is when an armed timer fires, Never otherwise.
func (t *Timer) Deadline() Time {
	if !t.armed {
		return Never
	}
	return t.deadline
}

// Fire implements Event; only the loop calls it.
func (t *Timer) Fire(now Time) {
	t.armed = false
	t.fire(now)
}
