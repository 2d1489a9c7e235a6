// Package hooks is what lifecycle hooks of containers do: how long one takes, until
// what it waits, whether it fails. A scenario says it, or the hook itself, or it is
// guessed from the hook's text.
package hooks
