package wire

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// DidYouMean names the field that an unknown one resembles.
func DidYouMean(got string, names []string) string {
	best, distance := "", 3
	for _, name := range names {
		if d := edits(strings.ToLower(got), strings.ToLower(name)); d < distance {
			best, distance = name, d
		}
	}
	if best != "" {
		return fmt.Sprintf("; did you mean %s?", best)
	}
	names = slices.Clone(names)
	slices.Sort(names)
	return ", must be one of " + strings.Join(names, ", ")
}

// NearObjects are those of objects, Kind/namespace/name, that a person who wrote
// an unknown Kind/name or Kind/namespace/name may have meant, nearest first, three
// at most: with a slip in the name, or of another kind.
func NearObjects(got string, objects []string) []string {
	type near struct {
		object   string
		distance int
	}
	var list []near
	kind, name, given := strings.Cut(strings.ToLower(got), "/")
	if !given {
		kind, name = "", kind
	}
	for _, object := range objects {
		k, key, _ := strings.Cut(strings.ToLower(object), "/")
		distance := edits(name, key)
		if _, short, namespaced := strings.Cut(key, "/"); namespaced {
			distance = min(distance, edits(name, short))
		}
		if slip := edits(kind, k); slip > 2 && distance > 0 {
			continue // of another kind, and of another name
		} else if distance += min(slip, 1); distance < 3 {
			list = append(list, near{object, distance})
		}
	}
	slices.SortFunc(list, func(a, b near) int {
		return cmp.Or(cmp.Compare(a.distance, b.distance), cmp.Compare(a.object, b.object))
	})
	var names []string
	for _, n := range list[:min(len(list), 3)] {
		names = append(names, n.object)
	}
	return names
}

// edits is the Levenshtein distance, for short words; others are far apart.
func edits(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0] = i + 1
		for j := range len(b) {
			change := corner
			if a[i] != b[j] {
				change++
			}
			corner = row[j+1]
			row[j+1] = min(change, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
