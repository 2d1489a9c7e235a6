package page

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/report/result"
	"github.com/kube-rehearse/rehearse/report/words"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// ignoredSection tells what of the input is left out. Fields of many objects for one
// reason are a line.
func ignoredSection(r *result.Result, verbose bool) section {
	type cause struct{ subject, reason string }
	count, first := map[cause]int{}, map[cause]int{}
	var order []cause
	for n, i := range r.Ignored {
		c := cause{i.Object, i.Reason}
		switch kind, _, _ := strings.Cut(i.Object, " "); {
		case verbose:
		case i.Field != "":
			c.subject = lastName(i.Field)
		case !i.Unsimulated:
			c.subject = kind
		}
		if count[c]++; count[c] == 1 {
			order, first[c] = append(order, c), n
		}
	}
	slices.SortStableFunc(order, func(x, y cause) int { // what a real cluster acts on comes first
		return cmp.Compare(rank(r.Ignored[first[x]]), rank(r.Ignored[first[y]]))
	})
	var list []string
	for _, c := range order {
		i := r.Ignored[first[c]]
		what := i.Object
		if i.Field != "" {
			what = i.Field + " of " + i.Object
		}
		more := ""
		if n := count[c] - 1; n > 0 {
			more = " and " + words.CountOf(n, "more place")
		}
		list = append(list, fmt.Sprintf("%s (%s)%s: %s", what, i.Source, more, i.Reason))
	}
	return section{title: "LEFT OUT", parts: []part{{list: list}}}
}

func rank(i record.Ignored) int {
	if i.Unsimulated {
		return 0
	}
	return 1
}

// lastName is the name at the end of a path.
func lastName(path string) string {
	path = path[strings.LastIndexByte(path, '.')+1:]
	name, _, _ := strings.Cut(path, "[")
	return name
}
