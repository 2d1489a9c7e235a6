package kubelet

// Peak is the largest working set in one block of a process life.
type Peak struct {
	Bytes   float64
	Seconds float64 // length of the block
	Age     float64 // seconds since the process start at its end
	Killed  bool    // the block ends with an OOM kill: Bytes is the limit
}

// peaks cuts the life of a process into blocks of one length and keeps the
// maximum of each. The rest at the end of a life joins the block before it
// when it is shorter than half a block, for a maximum over minutes is not one
// over an hour; a rest that a kill ends stays a block of its own.
type peaks struct {
	length float64 // seconds
	closed []Peak
	lives  int // index in closed of the first block of this life
	open   Peak
	alive  bool
}

func (p *peaks) start(bytes float64) {
	p.open, p.alive, p.lives = Peak{Bytes: bytes}, true, len(p.closed)
}

func (p *peaks) raise(bytes float64) { p.open.Bytes = max(p.open.Bytes, bytes) }

// advance moves on by dt seconds, at whose end the working set is bytes; it
// grew by slope a second.
func (p *peaks) advance(dt, bytes, slope float64) {
	for p.length > 0 && p.open.Seconds+dt >= p.length {
		step := p.length - p.open.Seconds
		dt -= step
		p.open.Seconds, p.open.Age = p.length, p.open.Age+step
		at := bytes - slope*dt
		p.raise(at)
		p.closed = append(p.closed, p.open)
		p.open = Peak{Bytes: at, Age: p.open.Age}
	}
	p.open.Seconds += dt
	p.open.Age += dt
	p.raise(bytes)
}

// kill marks the open block as one that the limit cut off.
func (p *peaks) kill(limit int64) { p.open.Killed, p.open.Bytes = true, float64(limit) }

func (p *peaks) end() {
	if p.alive {
		p.closed = p.withRest()
	}
	p.alive = false
}

// all lists the blocks up to now.
func (p *peaks) all() []Peak {
	if !p.alive {
		return p.closed
	}
	return p.withRest()
}

// withRest adds the open block to a copy of the closed ones.
func (p *peaks) withRest() []Peak {
	list := append([]Peak(nil), p.closed...)
	switch {
	case p.open.Seconds <= 0 && !p.open.Killed:
	case p.open.Killed, p.open.Seconds >= p.length/2, len(list) == p.lives:
		list = append(list, p.open)
	default:
		last := &list[len(list)-1]
		last.Bytes = max(last.Bytes, p.open.Bytes)
		last.Seconds += p.open.Seconds
		last.Age = p.open.Age
	}
	return list
}
