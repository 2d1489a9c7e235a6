// Package behaviour makes what a container does of what a scenario says of it.
package behaviour
