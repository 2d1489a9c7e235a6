// Package kinds is the one place that knows the kinds of objects: one row a
// kind. All that is asked of an object without knowing which kind it is stands
// in its row, so a new kind is a new row, here or in an extension, and no switch
// elsewhere.
package kinds
