// Package report computes from the records of a run what its reader asks:
// does it fit, does it die, does it stay up, and what should be changed.
//
// A Builder takes the records in the order of their stream and keeps only
// sums, so a run of any number of requests fits in memory. Its Result is the
// JSON interface of the product; WriteText, WriteMarkdown and WriteJUnit show
// it, Compare sets two side by side.
//
// Reading guide: result.go has the shape of what comes out, builder.go the way
// of a record, replication.go what is kept of one replication, metrics.go the
// numbers that expectations bound and comparisons pair, findings.go the table
// of rules, interval.go and poisson.go the statistics.
package report
