// Package trace reads recorded requests as they were published and plays them:
// CSV and JSON lines with any columns, the Azure LLM inference trace of 2023,
// Mooncake's, and ServeGen's windows of rates; plain or gzipped, one line at a
// time.
//
// Reading order: trace.go (a file and its options), lines.go (its lines),
// instant.go, csv.go, jsonl.go (lines to requests), play.go (requests in
// simulated time), servegen.go (windows to requests). The package opens no
// file itself: the caller says how.
package trace
