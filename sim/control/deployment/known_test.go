package deployment

import "slices"

// seed is a situation whose outcome is known: what becomes of the sizes in one
// sync. The situations that Kubernetes tests its own controller with
// (pkg/controller/deployment, rolling_test.go and sync_test.go, and
// util/deployment_util_test.go) are among them.
type seed struct {
	name string
	situation
	want string
}

func count(n uint16) bound { return bound{Value: n} }

func percent(n uint16) bound { return bound{Percent: true, Value: n} }

// rolling is a Deployment in the middle of a rolling update; its ReplicaSets
// were sized for it.
func rolling(replicas int32, surge, unavailable bound, sets ...setRecord) situation {
	s := situation{head: head{Replicas: replicas, Surge: surge, Unavailable: unavailable, Deadline: 600, History: 10},
		sets: sets}
	most := s.most()
	for i := range s.sets {
		s.sets[i].Desired, s.sets[i].Max = replicas, most
	}
	return s
}

// most is how many pods there may be while it rolls.
func (s situation) most() int32 {
	surge := int32(s.Surge.Value)
	if s.Surge.Percent {
		surge = (surge*s.Replicas + 99) / 100
	}
	return s.Replicas + surge
}

// scaled is a Deployment whose size was changed; its ReplicaSets were sized for
// the one before.
func (s situation) scaled(replicas int32) situation {
	s.Replicas = replicas
	return s
}

// surging is a change of the surge.
func (s situation) surging(surge bound) situation {
	s.Surge = surge
	return s
}

func recreating(replicas int32, sets ...setRecord) situation {
	s := rolling(replicas, count(0), count(0), sets...)
	s.Recreate = true
	return s
}

// set has pods that are all available; versions count back from the newest, 0.
func set(version uint8, size int32) setRecord {
	return setRecord{Version: version, Size: size, Exist: size, Ready: size, Available: size, Age: 60 * uint16(version),
		Revision: 10 - version}
}

// having is a set of which so many pods are available.
func (r setRecord) having(available int32) setRecord {
	r.Ready, r.Available = available, available
	return r
}

// sizedFor changes the annotations of a set, -1 for none.
func (s situation) sizedFor(set int, desired, most int32) situation {
	s.sets = slices.Clone(s.sets)
	s.sets[set].Desired, s.sets[set].Max = desired, most
	return s
}

// counting is a status.
func (s situation) counting(replicas int32) situation {
	s.Counted = replicas
	return s
}

var known = []seed{
	// The new one grows.
	{"no surge, no growth", rolling(10, count(0), count(1), set(1, 10).having(9), set(0, 0)), "old1 10->9"},
	{"growth by the surge", rolling(10, count(2), count(0), set(1, 10), set(0, 0)), "new 0->2"},
	{"growth by what is missing and the surge", rolling(10, count(2), count(0), set(1, 5), set(0, 0)), "new 0->7"},
	{"the surge is used up", rolling(10, count(2), count(0), set(1, 10), set(0, 2).having(0)), ""},
	{"larger than wanted", rolling(10, count(2), count(0), set(1, 2), set(0, 11)), "new 11->10"},
	{"no larger than wanted, whatever the surge", rolling(6, count(10), count(1), set(1, 5), set(0, 2)), "new 2->6"},
	{"what others have leaves no room", rolling(1, count(1), count(1), set(1, 5), set(0, 0)), "old1 5->0"},
	{"percent of 10 round up for the surge", rolling(10, percent(39), percent(39), set(1, 10), set(0, 0)), "new 0->4"},
	{"a surge of nothing in percent", rolling(4, percent(0), percent(0), set(1, 4), set(0, 0)), "old1 4->3"},
	{"the first ReplicaSet", rolling(3, percent(25), percent(25)), "new 0->3"},
	{"the first ReplicaSet of a Deployment of none", rolling(0, percent(0), percent(0)), ""},
	{"a new one beside an old one", rolling(10, percent(25), percent(25), set(1, 10)), "new 0->3, old1 10->8"},
	// Old ones shrink.
	{"nothing may be missing, one is too many", rolling(9, count(1), count(0), set(1, 9), set(0, 1)), "old1 9->8"},
	{"two may be missing", rolling(10, count(0), count(2), set(1, 10), set(0, 0)), "old1 10->8"},
	{"two that are missing go", rolling(10, count(0), count(2), set(1, 10).having(8), set(0, 0)), "old1 10->8"},
	{"one that is missing and one more", rolling(10, count(0), count(2), set(1, 10).having(9), set(0, 0)),
		"old1 10->9, old1 9->8"},
	{"new ones that are not there yet are owed", rolling(10, count(0), count(2), set(1, 8), set(0, 2).having(0)), ""},
	{"all may be missing", rolling(5, count(0), count(10), set(1, 5), set(0, 0)), "old1 5->0"},
	{"half may be missing", rolling(10, count(0), percent(50), set(1, 10), set(0, 0)), "old1 10->5"},
	{"39 % of 10 may be missing", rolling(10, count(0), percent(39), set(1, 10), set(0, 0)), "old1 10->7"},
	{"fewer are there than have to be", rolling(10, count(0), count(2), set(1, 10).having(1), set(0, 0)), "old1 10->8"},
	{"the oldest goes first", rolling(10, count(0), count(3), set(1, 5), set(2, 5), set(0, 0)), "old2 5->2"},
	{"what is missing of the oldest goes first", rolling(10, count(0), count(3), set(1, 5).having(4), set(2, 5).having(3),
		set(0, 0)), "old2 5->3, old1 5->4"},
	{"a status from before the last scale-down", rolling(10, count(0), count(3), set(1, 5).having(7), set(0, 5)), ""},
	{"the last of the old", rolling(3, count(1), count(0), set(1, 1), set(0, 3)), "old1 1->0"},
	{"complete", rolling(3, count(1), count(0), set(1, 0), set(0, 3)), ""},
	// Sizes in proportion.
	{"one more than one ReplicaSet had", rolling(10, count(0), count(1), set(0, 10)).scaled(12), "new 10->12"},
	{"half of one ReplicaSet", rolling(10, count(0), count(1), set(0, 10)).scaled(5), "new 10->5"},
	{"twice two and three", rolling(5, count(0), count(1), set(0, 2), set(1, 3)).scaled(10), "old1 3->6, new 2->4"},
	{"five to three", rolling(5, count(0), count(1), set(0, 2), set(1, 3)).scaled(3), "old1 3->2, new 2->1"},
	{"nine to four, mostly new", rolling(9, count(0), count(1), set(0, 8), set(1, 1)).scaled(4), "new 8->4, old1 1->0"},
	{"seven to ten over three", rolling(7, count(0), count(1), set(0, 2), set(1, 3), set(2, 2)).scaled(10),
		"old1 3->4, new 2->3, old2 2->3"},
	{"thirteen to eight over three", rolling(13, count(0), count(1), set(0, 2), set(1, 8), set(2, 3)).scaled(8),
		"old1 8->5, old2 3->2, new 2->1"},
	{"what is left over makes the newest larger", rolling(3, count(0), count(1), set(0, 1), set(1, 1), set(2, 1)).scaled(
		4), "new 1->2"},
	{"what is left over makes the oldest smaller", rolling(3, count(0), count(1), set(0, 1), set(1, 1), set(2, 1)).scaled(
		2), "old2 1->0"},
	{"the newest grows when there is no new one", rolling(4, count(0), count(1), set(1, 2), set(2, 2)).scaled(5),
		"old1 2->3"},
	{"all to nothing", rolling(6, count(0), count(1), set(0, 3), set(1, 2), set(2, 1)).scaled(0),
		"new 3->0, old1 2->0, old2 1->0"},
	{"up from nothing", rolling(6, count(0), count(1), set(0, 0), set(1, 0), set(2, 0)), "new 0->6"},
	{"a write that did not come through", rolling(5, count(0), count(1), set(0, 2), set(1, 1), set(2, 1)).sizedFor(1, 3,
		3), "old1 1->2"},
	{"the surge grows, too", rolling(10, count(2), count(0), set(0, 6), set(1, 6)).scaled(20), "new 6->11, old1 6->11"},
	{"another size and another surge", rolling(10, count(3), count(0), set(0, 5), set(1, 8)).surging(count(6)).scaled(50),
		"old1 8->34, new 5->22"},
	{"another size and another template", rolling(10, count(0), count(1), set(1, 7), set(2, 3)).scaled(14),
		"old1 7->10, old2 3->4"},
	{"saturated, though none is there", rolling(2, count(1), count(1), set(0, 2).having(0), set(1, 1)), ""},
	{"without an annotation or a status no proportion is known",
		rolling(100, count(0), count(1), set(0, 50), set(1, 50)).sizedFor(1, 100, -1).scaled(120), "new 50->70"},
	{"an annotation of nothing is none", rolling(100, count(0), count(1), set(0, 50), set(1, 50)).sizedFor(1, 100,
		0).scaled(120), "new 50->70"},
	{"a fifth more than the status counts", rolling(100, count(0), count(1), set(0, 50), set(1, 50)).sizedFor(1, 100,
		-1).counting(100).scaled(120), "new 50->60, old1 50->60"},
	{"a fifth more, with a surge", rolling(100, count(10), count(0), set(0, 50), set(1, 60)).scaled(120),
		"old1 60->71, new 50->59"},
	{"a sixth less, with a surge", rolling(120, count(10), count(0), set(0, 50), set(1, 80)).scaled(100),
		"old1 80->68, new 50->42"},
	// Recreate.
	{"old ones to nothing", recreating(3, set(1, 3), set(0, 0)), "old1 3->0"},
	{"old pods are still there", recreating(3, setRecord{Version: 1, Exist: 2, Age: 60}, set(0, 0)), ""},
	{"all at once", recreating(3, set(1, 0), set(0, 0)), "new 0->3"},
	{"the missing ones at once", recreating(3, set(1, 0), set(0, 1)), "new 1->3"},
}
