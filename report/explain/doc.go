// Package explain says why something happened to one object of a run: what it
// waited for, who killed it, how its size was chosen. It reads a result alone.
package explain
