// Package selection finds the things that a label selector matches, and the selectors
// that match a thing, without a look at all of them.
//
//   - index.go: things by their labels, for one selector
//   - selectors.go: selectors by a label that they require, for one thing
//
// Both answer in the order in which the things or the selectors came, which is that of
// a walk over all of them. The walk is their twin in the tests.
package selection

import (
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/selection"
)

// place is where things with a label are found. The zero label is that of all things
// of the namespace.
type place struct{ namespace, key, value string }

// required are the values of which a thing needs one for a label, by a requirement of
// the selector; nil when the requirement names none.
func required(r labels.Requirement) []string {
	switch r.Operator() {
	case selection.Equals, selection.DoubleEquals, selection.In:
		return r.ValuesUnsorted()
	}
	return nil
}
