package truth

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/kube-rehearse/rehearse/sim"
)

// gather turns watch events into a timeline. Events of one object come in
// order; those of different kinds come by different watches, so a pod can be
// seen before its ReplicaSet. Owners are therefore looked up at the end.
type gather struct {
	objects map[string]*object // by kind and uid, or name when there is none
	sets    []*object          // ReplicaSets and Jobs in order of their first event
	seen    []seen
	zero    sim.Time // first event of a workload or pod
	began   bool
	watched map[string]bool
	// endpoints are the ready ones of each Service.
	endpoints map[identity]int32
}

func newGather() *gather {
	return &gather{objects: map[string]*object{}, watched: map[string]bool{}, endpoints: map[identity]int32{}}
}

// object is one life of an object.
type object struct {
	event             // the last
	leftover bool     // of a time before the recording
	since    sim.Time // its first event
	asked    bool     // its deletion
	was      bool     // Ready at some time: of a Node
	joined   bool     // and without the taint not-ready
	tainted  string   // its taints, as last told
	served   bool     // the condition Available of a Deployment
	size     int32
	set      *object // a pod's ReplicaSet or Job, once looked up
}

// seen is an entry whose object and revision are not known yet.
type seen struct {
	entry Entry
	of    *object
}

// add takes in one event.
func (g *gather) add(e *event) {
	if e.mark {
		g.seen = append(g.seen, seen{entry: Entry{T: e.at, Kind: Step, Text: e.id.name}})
		return
	}
	g.watched[e.kind] = true
	if e.progress != "" {
		g.watched[deploymentStatus] = true
	}
	if e.kind == "Deployment" && e.available != "" {
		g.watched[availability] = true
	}
	if e.taints != nil {
		g.watched[nodeTaints] = true
	}
	o, known := g.objects[e.key()]
	if !known {
		o = g.first(e)
	}
	if e.kind == "Node" { // those that were there before, too
		g.node(o, e)
		o.event = *e
		return
	}
	if o.leftover {
		return
	}
	switch {
	case e.kind == "Pod":
		g.pod(o, e, !known)
	case e.kind == "Job":
		if e.ended != "" && (!known || o.ended == "") {
			g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Ended, Text: e.ended}, o})
		}
	case e.kind == "HorizontalPodAutoscaler":
		g.size(o, e, Desired, e.desired, false)
	case e.kind == "EndpointSlice":
		g.slice(o, e)
	case e.replicas == nil || e.deleted:
	case e.kind == "ReplicaSet" && e.owner != "":
		g.size(o, e, Scaled, *e.replicas, !known)
	case !known:
		o.size = *e.replicas
	default:
		g.size(o, e, Replicas, *e.replicas, false)
	}
	if e.kind == "Deployment" {
		g.progress(o, e)
		g.available(o, e)
	}
	o.event = *e
}

func (e *event) key() string {
	if e.uid != "" {
		return e.kind + " " + e.uid
	}
	return e.kind + " " + e.id.namespace + "/" + e.id.name
}

// first meets a new object. One that is not there by an addition, or is
// already on its way out, is left over from before.
func (g *gather) first(e *event) *object {
	o := &object{event: *e, since: e.at, leftover: !e.added || e.deleting, tainted: taintsText(nil)}
	g.objects[e.key()] = o
	if o.leftover {
		return o
	}
	if ofWorkload := e.kind != "Node" && e.kind != "EndpointSlice"; ofWorkload && (!g.began || e.at < g.zero) {
		g.began, g.zero = true, e.at
	}
	if e.kind == "ReplicaSet" || e.kind == "Job" {
		g.sets = append(g.sets, o)
	}
	return o
}

func (g *gather) pod(o *object, e *event, fresh bool) {
	note := func(k Kind, node string) {
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: k, Pod: e.id.name, Node: node}, o})
	}
	if fresh {
		note(Created, "")
	}
	if e.node != "" && (fresh || o.node == "") {
		note(Bound, e.node)
	}
	if e.ready && (fresh || !o.ready) {
		note(Ready, "")
	}
	if o.ready && !e.ready && !o.asked && !e.deleting && !e.deleted {
		note(Unready, "")
	}
	if !o.asked && (e.deleting || e.deleted) {
		o.asked = true
		note(Deleting, "")
	}
	if e.deleted {
		note(Gone, "")
		delete(g.objects, e.key())
	}
}

// slice tells of the ready endpoints of a Service, which may be in several slices.
func (g *gather) slice(o *object, e *event) {
	service := identity{e.id.namespace, strings.TrimPrefix(e.owner, "Service/")}
	ready := e.endpoints
	if e.deleted {
		ready = 0
	}
	if service.name == "" || ready == o.size {
		return
	}
	from := g.endpoints[service]
	g.endpoints[service] += ready - o.size
	o.size = ready
	g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Endpoints, Object: service.key("Service"), From: from,
		To: g.endpoints[service]}, nil})
}

func (g *gather) size(o *object, e *event, k Kind, to int32, fresh bool) {
	if to != o.size || fresh {
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: k, From: o.size, To: to}, o})
	}
	o.size = to
}

// timeline looks up the owners and counts time from the first object on.
func (g *gather) timeline() *Timeline {
	t := &Timeline{Watched: slices.Sorted(maps.Keys(g.watched))}
	numbers := revisions{}
	for _, o := range g.sets {
		if o.owner != "" {
			numbers.of(o.workload(), o.key())
		}
	}
	for _, s := range g.seen {
		e := s.entry
		if e.T -= g.zero; e.Kind == Taints && e.T < 0 {
			continue // with which the nodes of the start join
		}
		if o := s.of; o != nil {
			switch {
			case e.Kind == Node || e.Kind == Taints:
				e.Object = "Node/" + o.id.name
			case e.Kind == Scaled, e.Kind == Ended && o.owner != "":
				e.Object, e.Revision = o.workload(), numbers.of(o.workload(), o.key())
			case !e.Kind.ofPods():
				e.Object = o.id.key(o.kind)
			default:
				e.Object, e.Revision = g.ownerOf(o, numbers)
			}
		}
		t.Entries = append(t.Entries, e)
	}
	t.sort()
	return t
}

// workload is the object's controller, itself when it has none.
func (o *object) workload() string {
	kind, name, found := strings.Cut(o.owner, "/")
	if !found {
		return o.id.key(o.kind)
	}
	return identity{o.id.namespace, name}.key(kind)
}

func (i identity) key(kind string) string { return i.namespace + "/" + kind + "/" + i.name }

// ownerOf is a pod's workload and revision.
func (g *gather) ownerOf(pod *object, numbers revisions) (string, int) {
	if strings.HasPrefix(pod.owner, "ReplicaSet/") || strings.HasPrefix(pod.owner, "Job/") {
		if pod.set == nil {
			pod.set = g.setOf(pod)
		}
		if pod.set != nil && pod.set.owner != "" {
			return pod.set.workload(), numbers.of(pod.set.workload(), pod.set.key())
		}
		return pod.workload(), 0
	}
	if pod.revision == "" {
		return pod.workload(), 0
	}
	return pod.workload(), numbers.of(pod.workload(), pod.revision)
}

// watchesApart is how much later than a pod the event of its ReplicaSet may
// have been received.
const watchesApart = sim.Time(250e6)

// setOf is the ReplicaSet or Job of a pod: by uid, or else the last of that name that
// was there before the pod.
func (g *gather) setOf(pod *object) (last *object) {
	for _, o := range g.sets {
		switch {
		case pod.ownerUID != "" && o.uid != "":
			if o.uid == pod.ownerUID {
				return o
			}
		case o.kind+"/"+o.id.name == pod.owner && o.id.namespace == pod.id.namespace && o.since <= pod.since+watchesApart:
			last = o
		}
	}
	return last
}

// revisions numbers what it is given, for each workload from 1 on.
type revisions map[string][]string

func (r revisions) of(workload, revision string) int {
	for i, known := range r[workload] {
		if known == revision {
			return i + 1
		}
	}
	r[workload] = append(r[workload], revision)
	return len(r[workload])
}

// String is for tests and the debugger.
func (e Entry) String() string { return fmt.Sprintf("%s %s", e.T, e.what()) }
