// Package finding says what to change. A rule looks for one kind of weakness in the
// facts, which it only reads; rules.go has the table of all rules. A rule names the
// object to change, and says nothing where nothing happened.
package finding
