package gauge

import "math"

// Peak is the largest working set in one block of a process life.
type Peak struct {
	Bytes   float64
	Seconds float64 // length of the block
	Age     float64 // seconds since the process start at its end
	Killed  bool    // the block ends with an OOM kill: Bytes is the limit
}

// Peaks cuts the life of a process into blocks of one length and keeps the
// maximum of each. The rest at the end of a life joins the block before it
// when it is shorter than half a block, for a maximum over minutes is not one
// over an hour; a rest that a kill ends stays a block of its own.
type Peaks struct {
	Length float64 // of a block, in seconds; 0 keeps one for each life
	closed []Peak
	lives  int // index in closed of the first block of this life
	open   Peak
	alive  bool
}

// Start begins a life.
func (p *Peaks) Start(bytes float64) {
	p.open, p.alive, p.lives = Peak{Bytes: bytes}, true, len(p.closed)
}

// Raise tells of bytes that the working set had for an instant.
func (p *Peaks) Raise(bytes float64) { p.open.Bytes = max(p.open.Bytes, bytes) }

// Advance moves on by dt seconds, at whose end the working set is bytes; it
// grew by slope a second.
func (p *Peaks) Advance(dt, bytes, slope float64) {
	for p.Length > 0 && p.open.Seconds+dt >= p.Length {
		step := p.Length - p.open.Seconds
		dt -= step
		p.open.Seconds, p.open.Age = p.Length, p.open.Age+step
		at := bytes - slope*dt
		p.Raise(at)
		p.closed = append(p.closed, p.open)
		p.open = Peak{Bytes: at, Age: p.open.Age}
	}
	p.open.Seconds += dt
	p.open.Age += dt
	p.Raise(bytes)
}

// Stay leaves the peaks as n calls of Advance by dt seconds do, each with the same bytes
// and without growth.
func (p *Peaks) Stay(dt, bytes float64, n int) {
	for n > 0 {
		steps := n
		if p.Length > 0 { // up to two before the end of the block
			steps = min(n, int(min((p.Length-p.open.Seconds)/dt, math.MaxInt32))-2)
		}
		if steps <= 0 {
			p.Advance(dt, bytes, 0)
			n--
			continue
		}
		p.open.Seconds, p.open.Age = Repeat(p.open.Seconds, dt, steps), Repeat(p.open.Age, dt, steps)
		p.Raise(bytes)
		n -= steps
	}
}

// Kill marks the open block as one that the limit cut off.
func (p *Peaks) Kill(limit int64) { p.open.Killed, p.open.Bytes = true, float64(limit) }

// End is that of the life.
func (p *Peaks) End() {
	if p.alive {
		p.closed = p.withRest()
	}
	p.alive = false
}

// All lists the blocks up to now.
func (p *Peaks) All() []Peak {
	if !p.alive {
		return p.closed
	}
	return p.withRest()
}

// withRest adds the open block to a copy of the closed ones.
func (p *Peaks) withRest() []Peak {
	list := append([]Peak(nil), p.closed...)
	switch {
	case p.open.Seconds <= 0 && !p.open.Killed:
	case p.open.Killed, p.open.Seconds >= p.Length/2, len(list) == p.lives:
		list = append(list, p.open)
	default:
		last := &list[len(list)-1]
		last.Bytes = max(last.Bytes, p.open.Bytes)
		last.Seconds += p.open.Seconds
		last.Age = p.open.Age
	}
	return list
}
