package sched

import (
	"fmt"
	"slices"
	"strings"

	"k8s.io/apimachinery/pkg/util/sets"
	fwk "k8s.io/kube-scheduler/framework"
	"k8s.io/kubernetes/pkg/scheduler/framework"
)

// refusal is why no node takes the pods of a class. A pod that waits is tried again whenever
// something ends on one node or another, so the reasons are counted, and only nodes of which
// plugins say something else than at the last time are counted anew.
//
// It is a fwk.NodeToStatusReader for plugins that make room.
type refusal struct {
	nodes     []fwk.NodeInfo
	statuses  []*fwk.Status // in the order of the nodes
	reasons   map[string]int
	plugins   map[string]int // by which so many nodes reject the pods
	pending   map[string]int // of these, those that wait for something of their own
	potential int            // nodes that could be mended, of code Unschedulable
	text      string         // of the reasons, "" when one has changed
}

// refusal is that of the class on these nodes.
func (c *podClass) refusalOn(nodes []fwk.NodeInfo) *refusal {
	if r := c.refusal; r != nil && len(r.nodes) == len(nodes) && &r.nodes[0] == &nodes[0] {
		return r
	}
	c.refusal = &refusal{nodes: nodes, statuses: make([]*fwk.Status, len(nodes)),
		reasons: map[string]int{}, plugins: map[string]int{}, pending: map[string]int{}}
	return c.refusal
}

// set is what plugins say of the i-th node.
func (r *refusal) set(i int, status *fwk.Status) {
	before := r.statuses[i]
	if before == status {
		return
	}
	if before != nil {
		r.count(before, -1)
	}
	r.statuses[i], r.text = status, ""
	r.count(status, 1)
}

func (r *refusal) count(status *fwk.Status, by int) {
	for _, reason := range status.Reasons() {
		adjust(r.reasons, reason, by)
	}
	if status.Code() == fwk.Unschedulable {
		r.potential += by
	}
	if status.Plugin() == "" {
		return
	}
	if status.IsRejected() {
		adjust(r.plugins, status.Plugin(), by)
	}
	if status.Code() == fwk.Pending {
		adjust(r.pending, status.Plugin(), by)
	}
}

func adjust(counts map[string]int, key string, by int) {
	if counts[key] += by; counts[key] == 0 {
		delete(counts, key)
	}
}

// tell puts into a diagnosis what AddPluginStatus would for each node, and the reasons where
// FitError repeats a text instead of counting them.
func (r *refusal) tell(d *framework.Diagnosis) {
	for plugin := range r.plugins {
		d.UnschedulablePlugins.Insert(plugin)
	}
	for plugin := range r.pending {
		if d.PendingPlugins == nil {
			d.PendingPlugins = sets.New[string]()
		}
		d.PendingPlugins.Insert(plugin)
	}
	if r.text == "" {
		r.text = histogram(r.reasons)
	}
	d.PreFilterMsg = r.text
}

// Get implements fwk.NodeToStatusReader.
func (r *refusal) Get(node string) *fwk.Status {
	for i, n := range r.nodes {
		if n.Node().Name == node {
			return r.statuses[i]
		}
	}
	return framework.NewDefaultNodeToStatus().AbsentNodesStatus()
}

// NodesForStatusCode implements fwk.NodeToStatusReader.
func (r *refusal) NodesForStatusCode(_ fwk.NodeInfoLister, code fwk.Code) (nodes []fwk.NodeInfo, _ error) {
	for i, n := range r.nodes {
		if r.statuses[i].Code() == code {
			nodes = append(nodes, n)
		}
	}
	return nodes, nil
}

// histogram is how FitError tells how many nodes have each reason, but for the full stop.
func histogram(reasons map[string]int) string {
	var texts []string
	for reason, n := range reasons {
		if n > 0 {
			texts = append(texts, fmt.Sprintf("%d %s", n, reason))
		}
	}
	slices.Sort(texts)
	return strings.Join(texts, ", ")
}
