package replicaset_test

// seed is a scene whose outcome is known: the places of the pods that are
// deleted. The rankings that Kubernetes tests its own controller with
// (pkg/controller/replicaset/replica_set_test.go, TestGetPodsToDelete, and
// pkg/controller/controller_utils_test.go, TestSortingActivePodsWithRanks) are
// among them.
type seed struct {
	name string
	scene
	want []int
}

const (
	hour  = 3600
	month = 30 * 24 * hour
)

// keep is a ReplicaSet that is to keep so many of its pods.
func keep(n int32, pods ...podRecord) scene { return scene{head: head{Size: n}, pods: pods} }

// ready is a pod that is Ready for so long on a node of its own; created is when
// it was made.
func ready(since uint32) podRecord {
	return podRecord{Ready: true, Node: 1, Since: since, Created: month}
}

func (r podRecord) on(node uint8) podRecord { r.Node = node; return r }

func (r podRecord) created(ago uint32) podRecord { r.Created = ago; return r }

func (r podRecord) costing(cost int32) podRecord { r.Cost = cost; return r }

func (r podRecord) restarted(container, side uint16) podRecord {
	r.Restarts, r.Side = container, side
	return r
}

// of is a pod of another ReplicaSet of the Deployment.
func (r podRecord) of() podRecord { r.Sibling = true; return r }

var (
	unscheduled = podRecord{Phase: 1, Created: month}
	pending     = podRecord{Phase: 1, Node: 1, Created: month}
	unknown     = podRecord{Phase: 2, Node: 1, Created: month}
	notReady    = podRecord{Node: 1, Created: month}
	timeless    = podRecord{Ready: true, Node: 1, Created: month}
	justReady   = ready(1).created(1)
	longReady   = ready(month)
)

var known = []seed{
	{"nothing to delete", keep(0), nil},
	{"as many as wanted", keep(2, longReady, notReady), nil},
	{"all", keep(0, notReady, longReady), []int{0, 1}},
	{"not ready before ready", keep(1, longReady, notReady), []int{1}},
	{"those that are not ready", keep(1, longReady, notReady, notReady), []int{1, 2}},
	{"no node before a node", keep(1, pending, unscheduled), []int{1}},
	{"no node before a node, however crowded that is", keep(2, pending, unscheduled, pending), []int{1}},
	{"pending before running", keep(1, notReady, pending), []int{1}},
	{"pending before unknown", keep(1, unknown, pending), []int{1}},
	{"unknown before running", keep(1, notReady, unknown), []int{1}},
	{"all kinds", keep(2, longReady.on(2), longReady.on(3), notReady, pending, unscheduled), []int{4, 3, 2}},
	{"the node with more of the Deployment", keep(1, longReady.on(1), longReady.on(2), longReady.on(2).of()), []int{1}},
	{"a pod of the Deployment that is gone soon doesn't count",
		keep(1, longReady.on(1), longReady.on(2), podRecord{Ready: true, Node: 2, Since: month, Leaving: true,
			Sibling: true}), []int{0}},
	{"without an owner there are no relatives",
		scene{head{Size: 1, Bare: true}, []podRecord{longReady.on(1), longReady.on(2), longReady.on(2).of()}}, []int{0}},
	{"ready without a time before ready just now", keep(1, justReady, timeless), []int{1}},
	{"the crowded node before a time that is missing", keep(2, timeless.on(1), justReady.on(2), longReady.on(2)),
		[]int{1}},
	{"ready just now before ready for long", keep(1, longReady, justReady), []int{1}},
	{"ready for two hours before five", keep(1, ready(5*hour), ready(2*hour)), []int{1}},
	{"five hours and eight are about the same", keep(1, ready(8*hour), ready(5*hour)), []int{0}},
	{"more restarts", keep(1, justReady, justReady.restarted(9001, 0)), []int{1}},
	{"more restarts of the sidecar", keep(1, justReady.restarted(9001, 0), justReady.restarted(9001, 9001)), []int{1}},
	{"the crowded node before restarts", keep(2, justReady.on(1).restarted(9001, 0), justReady.on(2), justReady.on(2)),
		[]int{1}},
	{"the younger of two that are ready since now", keep(1, ready(1), justReady), []int{1}},
	{"the crowded node before the younger", keep(2, justReady.on(1), ready(1).on(2), ready(1).on(2)), []int{1}},
	{"the lower cost", keep(1, ready(1).costing(100), ready(1).costing(10)), []int{1}},
	{"the lower cost before the crowded node", keep(2, ready(1).on(1).costing(10), ready(1).on(2).costing(100),
		ready(1).on(2).costing(100)), []int{0}},
	{"a cost below zero before none", keep(1, ready(1), ready(1).costing(-1)), []int{1}},
	{"no node for five hours or eight are about the same",
		keep(1, unscheduled.created(5*hour), unscheduled.created(8*hour)), []int{0}},
	{"a failed pod is none", keep(1, podRecord{Phase: 3, Node: 1}, longReady), nil},
	{"a leaving pod is none", keep(1, podRecord{Ready: true, Node: 1, Since: hour, Leaving: true}, longReady), nil},
	{"too few", keep(3, longReady), nil},
}
