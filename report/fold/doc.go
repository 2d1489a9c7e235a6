// Package fold turns the records of a run into facts. It keeps sums, so a run of
// any number of requests fits in memory: of the replication that is read every pod
// and workload, of those before only totals.
//
// Reading guide: facts.go has the way of a record, replication.go what is kept of
// one replication, totals.go what is kept of all, evidence.go what speaks for a
// change of a manifest, metrics.go the numbers that expectations bound and
// comparisons pair, result.go what the facts come to. Findings read the facts and
// change none of them.
package fold
