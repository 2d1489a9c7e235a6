// Package plan finds the cheapest setting that meets its expectations.
//
// What a setting costs is known before it is played, so settings are tried from the
// cheapest on and the first that holds is the answer: nothing is assumed of how the
// objective goes with any dimension. One replication shows most settings to fail; the
// others are spent on those that pass it.
package plan

import "slices"

// Price orders settings: by money, then by machines, then by what pods request.
type Price struct {
	USDPerHour float64 `json:"usdPerHour"`
	Machines   int     `json:"machines"`
	CPU        float64 `json:"cpuRequested"`    // cores
	Memory     int64   `json:"memoryRequested"` // bytes
}

// cheaper is negative when p costs less than q.
func (p Price) cheaper(q Price) int {
	switch {
	case p.USDPerHour != q.USDPerHour:
		return sign(p.USDPerHour < q.USDPerHour)
	case p.Machines != q.Machines:
		return sign(p.Machines < q.Machines)
	case p.CPU != q.CPU:
		return sign(p.CPU < q.CPU)
	case p.Memory != q.Memory:
		return sign(p.Memory < q.Memory)
	}
	return 0
}

func sign(less bool) int {
	if less {
		return -1
	}
	return 1
}

// Judgement is what some replications of a setting say.
type Judgement struct {
	Pass bool
	// Final is true when more replications can't change it.
	Final bool
}

// Evaluate plays the first replications of some settings, so many of each, and judges
// each of them.
type Evaluate func(settings []int, replications int) ([]Judgement, error)

// Found is what a search says. Settings are indices of the prices, -1 for none.
type Found struct {
	Answer int
	// RunnerUp is the next setting that holds, looked for in one batch behind the
	// answer's.
	RunnerUp int
	// Rejected are those that do not hold, cheapest first.
	Rejected []int
	// Played counts replications.
	Played int
}

// batch is how many settings are played at once. It does not follow the number of
// cores, so that what is spent is the same on every machine.
const batch = 4

// Search tries settings from the cheapest on, with at most so many replications each.
// Settings of one price go by their index.
func Search(prices []Price, replications int, evaluate Evaluate) (Found, error) {
	s := search{evaluate: evaluate, full: replications, found: Found{Answer: -1, RunnerUp: -1}}
	order := make([]int, len(prices))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return prices[a].cheaper(prices[b]) })
	for some := range slices.Chunk(order, batch) {
		last := s.found.Answer >= 0
		if err := s.try(some); err != nil || last || s.found.RunnerUp >= 0 {
			return s.found, err
		}
	}
	return s.found, nil
}

type search struct {
	evaluate Evaluate
	full     int
	found    Found
}

// try plays a batch once, and what that leaves in full, cheapest first.
func (s *search) try(settings []int) error {
	first, err := s.play(settings, 1)
	if err != nil {
		return err
	}
	for i, setting := range settings {
		judged := first[i]
		if s.full > 1 && (judged.Pass || !judged.Final) {
			whole, err := s.play([]int{setting}, s.full)
			if err != nil {
				return err
			}
			judged = whole[0]
		}
		switch {
		case !judged.Pass:
			s.found.Rejected = append(s.found.Rejected, setting)
		case s.found.Answer < 0:
			s.found.Answer = setting
		default:
			s.found.RunnerUp = setting
			return nil
		}
	}
	return nil
}

func (s *search) play(settings []int, replications int) ([]Judgement, error) {
	s.found.Played += len(settings) * replications
	return s.evaluate(settings, replications)
}

// Cheaper reports whether p costs less than q.
func Cheaper(p, q Price) bool { return p.cheaper(q) < 0 }
