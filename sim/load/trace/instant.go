package trace

import (
	"bytes"
	"math"
	"strconv"
	"time"
)

// instant reads a time in nanoseconds: a number in the given unit, or a date
// and time (RFC 3339, also with a space and without a zone, which is then
// UTC), both with any number of decimals. wall tells which it was.
func instant(word []byte, unit time.Duration) (nanoseconds int64, wall, ok bool) {
	if n, ok := decimal(word, unit); ok {
		return n, false, true
	}
	n, ok := wallClock(word)
	return n, true, ok
}

// decimal reads a number, exact to the nanosecond.
func decimal(word []byte, unit time.Duration) (int64, bool) {
	digits := word
	negative := len(word) > 0 && word[0] == '-'
	if negative {
		digits = word[1:]
	}
	if len(digits) == 0 {
		return 0, false
	}
	n, place, inFraction, limit := int64(0), int64(unit), false, math.MaxInt64/int64(unit)/10-1
	for _, c := range digits {
		switch {
		case c == '.' && !inFraction:
			inFraction = true
			n *= int64(unit)
		case c < '0' || c > '9':
			return exponential(word, unit)
		case inFraction:
			place /= 10
			n += int64(c-'0') * place
		case n > limit:
			return 0, false
		default:
			n = 10*n + int64(c-'0')
		}
	}
	if !inFraction {
		n *= int64(unit)
	}
	if negative {
		n = -n
	}
	return n, digits[0] != '.' || len(digits) > 1
}

// exponential reads what decimal does not, such as 1.5e3.
func exponential(word []byte, unit time.Duration) (int64, bool) {
	if len(word) > 40 || !bytes.ContainsAny(word, "eE") {
		return 0, false
	}
	v, err := strconv.ParseFloat(string(word), 64)
	v *= float64(unit)
	if err != nil || !(math.Abs(v) < 9e18) {
		return 0, false
	}
	return int64(v), true
}

// wallClock reads a date and time, in nanoseconds since 1970.
func wallClock(word []byte) (int64, bool) {
	const date = len("2006-01-02T15:04:05")
	if len(word) < date || len(word) > 40 {
		return 0, false
	}
	var buffer [41]byte
	text := append(buffer[:0], word...)
	if text[10] == ' ' {
		text[10] = 'T'
	}
	zoned := false
	for _, c := range text[date:] {
		zoned = zoned || c == 'Z' || c == '+' || c == '-'
	}
	if !zoned {
		text = append(text, 'Z')
	}
	var t time.Time
	if err := t.UnmarshalText(text); err != nil || t.Year() < 1700 || t.Year() > 2250 {
		return 0, false
	}
	return t.UnixNano(), true
}
