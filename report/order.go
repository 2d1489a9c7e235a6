package report

import (
	"cmp"
	"maps"
	"slices"
)

// sortedKeys is how every map of the package is walked whose order can show.
func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}

// sortSlices orders buckets by their lower edge, then width.
func sortSlices(all []slice) {
	slices.SortFunc(all, func(a, b slice) int {
		return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.width, b.width))
	})
}
