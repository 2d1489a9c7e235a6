package cpu

import (
	"math"
	"math/bits"
)

// amount is CPU time, in units of 2^-32 core-nanoseconds: 128 bits, so that
// years of many cores add up exactly.
type amount struct{ hi, lo uint64 }

// one is a whole: a core-nanosecond as an amount, a full core as a speed.
const one = 1 << 32

// amountOf is a whole number of core-nanoseconds.
func amountOf(ns uint64) amount { return amount{ns >> 32, ns << 32} }

// product is a times b.
func product(a, b uint64) amount {
	hi, lo := bits.Mul64(a, b)
	return amount{hi, lo}
}

func (a amount) plus(b amount) amount {
	lo, carry := bits.Add64(a.lo, b.lo, 0)
	hi, _ := bits.Add64(a.hi, b.hi, carry)
	return amount{hi, lo}
}

// minus is a less b, which must not be greater.
func (a amount) minus(b amount) amount {
	lo, borrow := bits.Sub64(a.lo, b.lo, 0)
	hi, _ := bits.Sub64(a.hi, b.hi, borrow)
	return amount{hi, lo}
}

func (a amount) times(k uint64) amount {
	hi, lo := bits.Mul64(a.lo, k)
	return amount{hi + a.hi*k, lo}
}

func (a amount) less(b amount) bool {
	return a.hi < b.hi || (a.hi == b.hi && a.lo < b.lo)
}

// over is a divided by d, rounded up; MaxUint64 when that does not fit or d
// is 0.
func (a amount) over(d uint64) uint64 {
	if a.hi >= d {
		return math.MaxUint64
	}
	q, r := bits.Div64(a.hi, a.lo, d)
	if r != 0 && q != math.MaxUint64 {
		q++
	}
	return q
}

// split is a divided by d > 0, rounded up, as an amount.
func (a amount) split(d uint64) amount {
	if d == 1 {
		return a
	}
	hi, rest := a.hi/d, a.hi%d
	lo, rest := bits.Div64(rest, a.lo, d)
	q := amount{hi, lo}
	if rest != 0 {
		q = q.plus(amount{lo: 1})
	}
	return q
}

// ns is a in whole core-nanoseconds, rounded down.
func (a amount) ns() int64 { return int64(a.hi<<32 | a.lo>>32) }
