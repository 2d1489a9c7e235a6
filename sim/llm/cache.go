package llm

// Part is a piece of a prompt, or of a prompt and its answer, that other prompts
// begin with, too.
type Part struct {
	// ID stands for the piece and all that went before.
	ID uint64
	// Tokens is its length.
	Tokens int32
}

// cache is the blocks of the KV cache. What is kept of a finished prompt's
// parts is free to be taken, the longest unused first.
type cache struct {
	total, free int64
	units       map[uint64]*unit
	unused      unit // the ring of those that no sequence holds, oldest first
	idle        int64
	spare       *unit // for reuse, linked by next
}

// unit is the whole blocks of a part that sequences share.
type unit struct {
	id         uint64
	blocks     int64
	refs       int32
	prev, next *unit
}

func (c *cache) init(blocks int64) {
	*c = cache{total: blocks, free: blocks, units: map[uint64]*unit{}}
	c.unused.prev, c.unused.next = &c.unused, &c.unused
}

// available is how many blocks can be had.
func (c *cache) available() int64 { return c.free + c.idle }

// take removes blocks, and of unused units as many as that needs. It panics when
// fewer are available.
func (c *cache) take(blocks int64) {
	for c.free < blocks {
		c.evict(blocks - c.free)
	}
	c.free -= blocks
}

// evict frees so many blocks at most, from the end of the unit that is unused
// longest: what is left of it can still begin a prompt.
func (c *cache) evict(blocks int64) {
	u := c.unused.next
	if u == &c.unused {
		panic("llm: more blocks are taken than there are")
	}
	blocks = min(blocks, u.blocks)
	u.blocks -= blocks
	c.idle -= blocks
	c.free += blocks
	if u.blocks == 0 {
		c.remove(u)
	}
}

// remove forgets an unused unit, whose blocks are the caller's.
func (c *cache) remove(u *unit) {
	c.unlink(u)
	delete(c.units, u.id)
	u.next, c.spare = c.spare, u
}

func (c *cache) unlink(u *unit) {
	u.prev.next, u.next.prev = u.next, u.prev
	u.prev, u.next = nil, nil
	c.idle -= u.blocks
}

// match is how many of the leading parts are there, how many blocks they have,
// and how many of these nobody holds. Of the last the end may be missing.
func (c *cache) match(parts []Part) (hits int, blocks, idle int64) {
	begin := int64(0)
	for _, p := range parts {
		end := begin + int64(p.Tokens)
		whole := end/BlockSize - begin/BlockSize
		u, there := c.units[p.ID]
		if !there || u.blocks > whole {
			break
		}
		hits++
		blocks += u.blocks
		if u.refs == 0 {
			idle += u.blocks
		}
		if u.blocks < whole {
			break
		}
		begin = end
	}
	return hits, blocks, idle
}

// hold takes a unit that is there.
func (c *cache) hold(id uint64) *unit {
	u := c.units[id]
	if u.refs == 0 {
		c.unlink(u)
	}
	u.refs++
	return u
}

// share turns blocks of a sequence into a unit that it holds; nil when there is
// one of that id, of which the sequence then keeps a copy.
func (c *cache) share(id uint64, blocks int64) *unit {
	if c.units[id] != nil {
		return nil
	}
	u := c.spare
	if u == nil {
		u = &unit{}
	} else {
		c.spare = u.next
	}
	*u = unit{id: id, blocks: blocks, refs: 1}
	c.units[id] = u
	return u
}

// keep makes a unit of blocks that nobody holds, the newest of the unused.
func (c *cache) keep(id uint64, blocks int64) { c.drop(c.share(id, blocks)) }

// drop lets a unit go, to be the newest of the unused.
func (c *cache) drop(u *unit) {
	if u.refs--; u.refs > 0 {
		return
	}
	u.prev, u.next = c.unused.prev, &c.unused
	u.prev.next, c.unused.prev = u, u
	c.idle += u.blocks
}
