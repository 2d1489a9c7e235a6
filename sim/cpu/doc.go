// Package cpu is the CPU of one node under Linux CFS.
package cpu
