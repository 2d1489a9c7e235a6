// Package report computes from the records of a run what its reader asks:
// does it fit, does it die, does it stay up, and what should be changed.
//
// A Builder takes the records in the order of their stream; its Result is the JSON
// interface of the product. WriteText, WriteMarkdown, WriteJUnit and Explain show
// it, Compare sets two side by side. The work is done in rooms:
//
//	records ──▶ fold ──▶ facts ──▶ finding ─┐
//	   └──────▶ story ──────────────────────┴─▶ result ──▶ page, explain
//
// All of them write numbers and names by words and reckon with stat; upstream takes
// apart what Kubernetes says only as text. truth, beside them, compares a run with a
// recording of a real cluster.
package report
