// Package custom runs objects whose kind nobody has written: an extension of the
// cluster made of what a scenario says about the kind. What it decides is
// sim/control/custom's.
package custom
