// Package difference finds where two record streams part: the first record that
// differs between two runs, versions or machines, and what led to it.
package difference
