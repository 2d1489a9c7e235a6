package fold

import (
	"cmp"
	"slices"
)

// sortSlices orders buckets by their lower edge, then width.
func sortSlices(all []slice) {
	slices.SortFunc(all, func(a, b slice) int {
		return cmp.Or(cmp.Compare(a.low, b.low), cmp.Compare(a.width, b.width))
	})
}
