package stat

import "slices"

// Holm corrects the p-values of several tests, so that the probability to call any
// difference one that is none is at most that of a single test, whatever the tests have to
// do with each other (Holm, A simple sequentially rejective multiple test procedure,
// Scandinavian Journal of Statistics 6, 1979). Missing ones stay missing and do not count.
func Holm(ps []Value) []Value {
	var order []int
	for i, p := range ps {
		if p.Known() {
			order = append(order, i)
		}
	}
	slices.SortStableFunc(order, func(a, b int) int {
		switch {
		case ps[a] < ps[b]:
			return -1
		case ps[a] > ps[b]:
			return 1
		}
		return 0
	})
	adjusted := slices.Clone(ps)
	least := Value(0)
	for rank, i := range order {
		least = max(least, min(1, Value(len(order)-rank)*ps[i]))
		adjusted[i] = least
	}
	return adjusted
}
