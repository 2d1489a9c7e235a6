package rollout

import (
	"cmp"
	"math"

	gonum "gonum.org/v1/gonum/stat"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// Trial is a setting, played with the update and without it under the same luck.
type Trial struct {
	// Setting says in few words what differs from what was given, and Flags make it, in
	// the words of the command line. There are none of what was given.
	Setting string   `json:"setting"`
	Flags   []string `json:"flags"`
	Changes []Change `json:"-"`
	// Machines and USDPerHour are those of the start.
	Machines   int     `json:"machines"`
	USDPerHour float64 `json:"usdPerHour"`

	Replications int `json:"replications"`
	Begun        int `json:"begun"`    // replications in which it began
	Finished     int `json:"finished"` // and ended
	// Took is how long it took where it finished, in seconds.
	Took stat.Summary `json:"took"`
	Lost Lost         `json:"lost"`
	// Desired are the pods that there are to be when it begins, ReadyAtBegin and
	// ReadyMin the fewest of them that are ready then, and while it runs.
	Desired      int `json:"desired"`
	ReadyAtBegin int `json:"readyAtBegin"`
	ReadyMin     int `json:"readyMin"`
	// NotReady is for how long pods were short of Desired, in pod-seconds a replication.
	NotReady stat.Value `json:"notReadyPodSeconds"`
	// Before and Peak are the most that pods ask for before and from then on.
	Before Demand `json:"before"`
	Peak   Demand `json:"peak"`
}

// Lost is what the update cost those who send requests, over all replications: what came
// on top of the same run without it. A cause that has failures without it, too, counts
// where the replications bear the difference out.
type Lost struct {
	Failed        int64                  `json:"failed"`
	Of            int64                  `json:"of"` // requests that ended
	FailedByCause map[record.Cause]int64 `json:"failedByCause"`
	// Unclear counts failures whose difference may be chance, FailedWithout those of the
	// run without the update.
	Unclear       int64 `json:"unclear"`
	FailedWithout int64 `json:"failedWithout"`
	Late          int64 `json:"late"`
	TurnsFailed   int64 `json:"turnsFailed"`
	SessionsLost  int64 `json:"sessionsLost"`
}

// NewTrial sets an update beside the same run without it.
func NewTrial(with, without *Watch) *Trial {
	t := &Trial{Setting: "as given", Flags: []string{}, Replications: len(with.done), ReadyAtBegin: math.MaxInt,
		ReadyMin: math.MaxInt, NotReady: stat.Missing}
	for _, n := range with.run.Nodes {
		if n.Joins == 0 {
			t.Machines++
			t.USDPerHour += n.USDPerHour
		}
	}
	var took []stat.Value
	notReady := 0.0
	for _, r := range with.done {
		if r.began == nil {
			continue
		}
		t.Begun++
		notReady += r.notReady
		t.Desired = max(t.Desired, r.desired)
		t.ReadyAtBegin, t.ReadyMin = min(t.ReadyAtBegin, r.readyAtBegin), min(t.ReadyMin, r.readyMin)
		t.Before.raise(r.before)
		t.Peak.raise(r.peak)
		if r.complete != nil {
			t.Finished++
			took = append(took, stat.Value((*r.complete - *r.began).Seconds()))
		}
	}
	if t.Begun == 0 {
		t.ReadyAtBegin, t.ReadyMin = 0, 0
	} else {
		t.NotReady = stat.Value(notReady / float64(t.Begun))
	}
	t.Took = stat.Summarize(took).Clip(0, math.Inf(1))
	t.Lost = lost(with, without)
	return t
}

func lost(with, without *Watch) Lost {
	l := Lost{FailedByCause: map[record.Cause]int64{}}
	pairs := min(len(with.done), len(without.done))
	for c, cause := range record.Causes {
		deltas, before, more := make([]float64, pairs), int64(0), int64(0)
		for i := range pairs {
			a, b := without.done[i].failed[c], with.done[i].failed[c]
			deltas[i] = float64(b - a)
			before, more = before+a, more+b-a
		}
		l.FailedWithout += before
		switch {
		case more <= 0:
		case before > 0 && !borneOut(deltas):
			l.Unclear += more
		default:
			l.FailedByCause[cause] = more
			l.Failed += more
		}
	}
	for i := range pairs {
		a, b := &without.done[i], &with.done[i]
		l.Of += b.ended
		l.Late += b.late - a.late
		l.TurnsFailed += b.turnsFailed - a.turnsFailed
		l.SessionsLost += b.sessionsLost - a.sessionsLost
	}
	l.Late, l.TurnsFailed, l.SessionsLost = max(0, l.Late), max(0, l.TurnsFailed), max(0, l.SessionsLost)
	return l
}

// borneOut reports whether the mean of some differences is above 0 beyond chance.
func borneOut(deltas []float64) bool {
	interval := stat.StudentT(deltas)
	return interval.Low.Known() && interval.Low > 0 && gonum.Mean(deltas, nil) > 0
}

// Fine reports whether the update ends in every replication and loses nothing.
func (t *Trial) Fine() bool { return t.Finished == t.Replications && t.Lost.Failed == 0 }

// Better is negative when t is to be preferred: it finishes more often, else it loses
// fewer requests, costs less, needs fewer machines, leaves pods unready for less long or
// is over sooner.
func (t *Trial) Better(o *Trial) int {
	return cmp.Or(cmp.Compare(o.Finished, t.Finished), cmp.Compare(t.Lost.Failed, o.Lost.Failed),
		cmp.Compare(t.USDPerHour, o.USDPerHour), cmp.Compare(t.Machines, o.Machines),
		cmp.Compare(t.NotReady, o.NotReady), cmp.Compare(t.Took.Mean, o.Took.Mean))
}
