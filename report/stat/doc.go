// Package stat is the statistics of a report, and nothing else: intervals that hold
// what they promise, extremes of peaks, trends, rates. It knows no records.
//
// Reading guide: value.go has a number that may be missing, interval.go the
// intervals, poisson.go risks, extreme.go the law of peaks with its fit, trend.go
// what tells a leak from chance.
package stat
