package truth

import (
	"strings"

	v1 "k8s.io/api/core/v1"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// node tells of a node's condition Ready, from when it was True for the first time.
func (g *gather) node(o *object, e *event) {
	switch {
	case e.deleted:
	case e.ready && !o.ready && o.was:
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Node, Text: "Ready"}, o})
	case !e.ready && o.ready:
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Node, Text: "NotReady"}, o})
	}
	o.was = o.was || e.ready
	g.taints(o, e)
}

// taints tells of a node's taints from when it was Ready without the one that it joins
// with.
func (g *gather) taints(o *object, e *event) {
	if e.taints == nil || e.deleted {
		return
	}
	o.joined = o.joined || o.was && !strings.Contains(*e.taints, v1.TaintNodeNotReady)
	if o.joined && *e.taints != o.tainted {
		o.tainted = *e.taints
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Taints, Text: o.tainted}, o})
	}
}

// available tells of a Deployment that is available, or no longer.
func (g *gather) available(o *object, e *event) {
	if e.available != "" && (e.available == "True") != o.served {
		o.served = !o.served
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Available, Text: e.available}, o})
	}
}

// progress tells of a rollout that is complete, or past its deadline.
func (g *gather) progress(o *object, e *event) {
	ends := e.progress == deploymentutil.NewRSAvailableReason || e.progress == deploymentutil.TimedOutReason
	if ends && e.progress != o.progress {
		g.seen = append(g.seen, seen{Entry{T: e.at, Kind: Progress, Text: e.progress}, o})
	}
}
