package llm

// cache is the blocks of the KV cache. What is kept of a finished prompt's
// prefix is free to be taken, the longest unused first.
type cache struct {
	total, free int64
	perUnit     int64 // blocks of a prefix id
	units       map[uint64]*unit
	unused      unit // the ring of those that no sequence holds, oldest first
	idle        int64
	spare       *unit // for reuse, linked by next
}

// unit is a part of a prefix that sequences share.
type unit struct {
	id         uint64
	refs       int32
	prev, next *unit
}

func newCache(blocks int64, prefixTokens int) cache {
	return cache{total: blocks, free: blocks, perUnit: int64(prefixTokens / BlockSize)}
}

func (c *cache) init() {
	c.unused.prev, c.unused.next = &c.unused, &c.unused
	if c.units == nil {
		c.units = map[uint64]*unit{}
	}
}

// available is how many blocks can be had.
func (c *cache) available() int64 { return c.free + c.idle*c.perUnit }

// take gets blocks, of which there must be enough.
func (c *cache) take(blocks int64) {
	for c.free < blocks {
		c.evict()
	}
	c.free -= blocks
}

func (c *cache) evict() {
	u := c.unused.next
	c.unlink(u)
	delete(c.units, u.id)
	c.free += c.perUnit
	u.next, c.spare = c.spare, u
}

func (c *cache) unlink(u *unit) {
	u.prev.next, u.next.prev = u.next, u.prev
	u.prev, u.next = nil, nil
	c.idle--
}

// match counts the leading ids that are there, and how many of these nobody
// holds.
func (c *cache) match(ids []uint64) (hits int, idle int64) {
	if c.perUnit == 0 {
		return 0, 0
	}
	for _, id := range ids {
		u, there := c.units[id]
		if !there {
			break
		}
		hits++
		if u.refs == 0 {
			idle++
		}
	}
	return hits, idle
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
// one of that id, which the sequence then keeps a copy of.
func (c *cache) share(id uint64) *unit {
	if c.units[id] != nil {
		return nil
	}
	u := c.spare
	if u == nil {
		u = &unit{}
	} else {
		c.spare = u.next
	}
	*u = unit{id: id, refs: 1}
	c.units[id] = u
	return u
}

// drop lets a unit go, to be the newest of the unused.
func (c *cache) drop(u *unit) {
	if u.refs--; u.refs > 0 {
		return
	}
	u.prev, u.next = c.unused.prev, &c.unused
	u.prev.next, c.unused.prev = u, u
	c.idle++
}
