// Package words is how a report writes numbers, times and names, and how it breaks
// lines. Every other room leaves that to it, so that one thing reads the same
// everywhere.
package words
