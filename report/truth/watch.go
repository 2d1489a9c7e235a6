package truth

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"

	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim"
)

// event is one watch event as its receiver saw it, of either form.
type event struct {
	at       sim.Time
	mark     bool
	deleted  bool // type DELETED
	added    bool // type ADDED
	kind     string
	id       identity
	uid      string
	owner    string // Kind/name of the controller, "" for none
	ownerUID string
	revision string // label controller-revision-hash
	node     string
	deleting bool
	ready    bool
	replicas *int32
	desired  int32
	ended    string // a Job's condition Complete or Failed, when True
	// progress is the reason of a Deployment's condition Progressing.
	progress string
	// available is the status of its condition Available, "" without.
	available string
	// taints are a node's, as Taints has them; nil when they are not told.
	taints *string
	// endpoints are the ready ones of an EndpointSlice.
	endpoints int32
}

// identity names an object among those of its kind.
type identity struct{ namespace, name string }

// flatEvent is the form with the interesting fields pulled up.
type flatEvent struct {
	T                 *float64          `json:"t"`
	Rel               *float64          `json:"rel"`
	Type              string            `json:"type"`
	Kind              string            `json:"kind"`
	Namespace         string            `json:"ns"`
	Name              string            `json:"name"`
	UID               string            `json:"uid"`
	Owner             string            `json:"owner"`
	Labels            map[string]string `json:"labels"`
	Node              string            `json:"node"`
	DeletionTimestamp string            `json:"deletionTimestamp"`
	Replicas          *int32            `json:"replicas"`
	Taints            []v1.Taint        `json:"taints"`
	Conditions        map[string]struct {
		Status string `json:"status"`
		Reason string `json:"reason"`
	} `json:"conditions"`
	Endpoints int32 `json:"ready"`
	Status    struct {
		DesiredReplicas int32 `json:"desiredReplicas"`
	} `json:"status"`
}

// wholeObject is what is read of an object of the API.
type wholeObject struct {
	Kind     string `json:"kind"`
	Metadata struct {
		Namespace         string            `json:"namespace"`
		Name              string            `json:"name"`
		UID               string            `json:"uid"`
		Labels            map[string]string `json:"labels"`
		DeletionTimestamp string            `json:"deletionTimestamp"`
		OwnerReferences   []struct {
			Kind       string `json:"kind"`
			Name       string `json:"name"`
			UID        string `json:"uid"`
			Controller bool   `json:"controller"`
		} `json:"ownerReferences"`
	} `json:"metadata"`
	Spec struct {
		NodeName string     `json:"nodeName"`
		Replicas *int32     `json:"replicas"`
		Taints   []v1.Taint `json:"taints"`
	} `json:"spec"`
	Status struct {
		DesiredReplicas int32       `json:"desiredReplicas"`
		Conditions      []condition `json:"conditions"`
	} `json:"status"`
	Endpoints []endpoint `json:"endpoints"`
}

type condition struct {
	Type   string `json:"type"`
	Status string `json:"status"`
	Reason string `json:"reason"`
}

// endpoint is one of an EndpointSlice. One that does not say whether it is ready is.
type endpoint struct {
	Conditions struct {
		Ready *bool `json:"ready"`
	} `json:"conditions"`
}

// workloads are the kinds whose replicas are followed.
var workloads = map[string]bool{"Deployment": true, "ReplicaSet": true, "StatefulSet": true, "DaemonSet": true,
	"Job": true, "CronJob": true}

// deploymentStatus is what a recorder has watched that keeps the conditions of
// Deployments.
const deploymentStatus = "Deployment/status"

// availability and nodeTaints are those of one that keeps these.
const (
	availability = "Deployment/available"
	nodeTaints   = "Node/taints"
)

// watches are the API's kinds of which a watch tells each kind of entry. Where it is one
// of several it is not listed.
var watches = map[Kind]string{
	Desired: "HorizontalPodAutoscaler", Scaled: "ReplicaSet", Ended: "Job", Progress: deploymentStatus, Node: "Node",
	Available: availability, Taints: nodeTaints,
	Endpoints: "EndpointSlice", Created: "Pod", Bound: "Pod", Ready: "Pod", Unready: "Pod", Deleting: "Pod", Gone: "Pod",
}

// before are the kinds that were watched when a recording does not say which.
var before = []string{"Deployment", "HorizontalPodAutoscaler", "Job", "Pod", "ReplicaSet"}

func followed(kind string) bool {
	return workloads[kind] || kind == "Pod" || kind == "HorizontalPodAutoscaler" || kind == "Node" ||
		kind == "EndpointSlice"
}

// decodeEvent reads one line; nil is an event of a kind that is not followed.
func decodeEvent(line []byte) (*event, error) {
	var head struct {
		T      *float64        `json:"t"`
		Rel    *float64        `json:"rel"`
		Type   string          `json:"type"`
		Kind   string          `json:"kind"`
		Object json.RawMessage `json:"object"`
	}
	if err := json.Unmarshal(line, &head); err != nil {
		return nil, explain(err)
	}
	switch head.Type {
	case "ADDED", "MODIFIED", "DELETED", "MARK":
	case "BOOKMARK", "GET":
		return nil, nil
	default:
		return nil, fmt.Errorf("type: must be ADDED, MODIFIED, DELETED, BOOKMARK or MARK, got %.40q", head.Type)
	}
	at, err := received(head.T, head.Rel)
	if err != nil {
		return nil, err
	}
	e, err := (*event)(nil), error(nil)
	if len(head.Object) > 0 && string(head.Object) != "null" {
		e, err = ofObject(head.Object)
	} else {
		e, err = ofFlat(line, head.Type == "MARK" || followed(head.Kind))
	}
	if e == nil || err != nil {
		return nil, err
	}
	e.at, e.added, e.deleted, e.mark = at, head.Type == "ADDED", head.Type == "DELETED", head.Type == "MARK"
	if !e.mark && e.id.name == "" {
		return nil, errors.New("name: must be given, got none")
	}
	return e, nil
}

func ofFlat(line []byte, wanted bool) (*event, error) {
	if !wanted {
		return nil, nil
	}
	var f flatEvent
	if err := json.Unmarshal(line, &f); err != nil {
		return nil, explain(err)
	}
	return &event{
		kind: f.Kind, id: identity{f.Namespace, f.Name}, uid: f.UID, owner: f.Owner,
		revision: f.Labels["controller-revision-hash"], node: f.Node, deleting: f.DeletionTimestamp != "",
		ready: f.Conditions["Ready"].Status == "True", replicas: f.Replicas, desired: f.Status.DesiredReplicas,
		ended:    endOf(func(kind string) bool { return f.Conditions[kind].Status == "True" }),
		progress: f.Conditions["Progressing"].Reason, endpoints: f.Endpoints,
		available: f.Conditions["Available"].Status, taints: flatTaints(f.Taints),
	}, nil
}

func ofObject(raw []byte) (*event, error) {
	var head struct{ Kind string }
	if err := json.Unmarshal(raw, &head); err != nil {
		return nil, explain(err)
	}
	if !followed(head.Kind) {
		return nil, nil
	}
	var o wholeObject
	if err := json.Unmarshal(raw, &o); err != nil {
		return nil, explain(err)
	}
	m := o.Metadata
	e := &event{
		kind: o.Kind, id: identity{m.Namespace, m.Name}, uid: m.UID, revision: m.Labels["controller-revision-hash"],
		node: o.Spec.NodeName, deleting: m.DeletionTimestamp != "", replicas: o.Spec.Replicas,
		desired: o.Status.DesiredReplicas,
	}
	for _, r := range m.OwnerReferences {
		if r.Controller {
			e.owner, e.ownerUID = r.Kind+"/"+r.Name, r.UID
		}
	}
	if service := m.Labels["kubernetes.io/service-name"]; e.owner == "" && o.Kind == "EndpointSlice" && service != "" {
		e.owner = "Service/" + service
	}
	for _, p := range o.Endpoints {
		if p.Conditions.Ready == nil || *p.Conditions.Ready {
			e.endpoints++
		}
	}
	holds := func(kind string) bool {
		return slices.ContainsFunc(o.Status.Conditions, func(c condition) bool {
			return c.Type == kind && c.Status == "True"
		})
	}
	for _, c := range o.Status.Conditions {
		switch c.Type {
		case "Progressing":
			e.progress = c.Reason
		case "Available":
			e.available = c.Status
		}
	}
	if o.Kind == "Node" {
		e.taints = textOf(o.Spec.Taints)
	}
	e.ready, e.ended = holds("Ready"), endOf(holds)
	return e, nil
}

// textOf are taints as kubectl prints them.
func textOf(taints []v1.Taint) *string {
	var list []string
	for i := range taints {
		list = append(list, taints[i].ToString())
	}
	slices.Sort(list)
	text := taintsText(list)
	return &text
}

// flatTaints is the same of the flat form, which may leave them out.
func flatTaints(taints []v1.Taint) *string {
	if taints == nil {
		return nil
	}
	return textOf(taints)
}

// taintsText is the Text of Taints.
func taintsText(sorted []string) string {
	if len(sorted) == 0 {
		return "none"
	}
	return strings.Join(sorted, ", ")
}

// endOf is how a Job has ended, "" while it has not.
func endOf(holds func(kind string) bool) string {
	for _, end := range []string{"Complete", "Failed"} {
		if holds(end) {
			return end
		}
	}
	return ""
}

// received is when the event was seen: rel, seconds since some start, or else
// t, seconds since 1970.
func received(t, rel *float64) (sim.Time, error) {
	name, seconds := "rel", rel
	if seconds == nil {
		name, seconds = "t", t
	}
	switch {
	case seconds == nil:
		return 0, errors.New("t: must be the seconds at which the event was received, got none")
	case math.Abs(*seconds) > 8e9: // sim.Time ends at 9.2e9 s
		return 0, fmt.Errorf("%s: must be seconds within ±8e9, got %v", name, *seconds)
	}
	return sim.Time(math.Round(*seconds * 1e9)), nil
}

// explain turns an error of encoding/json into "member: must …, got …".
func explain(err error) error {
	var wrongType *json.UnmarshalTypeError
	if errors.As(err, &wrongType) {
		member := wrongType.Field
		if member == "" {
			member = "line"
		}
		return fmt.Errorf("%s: must be of type %s, got %s", member, wrongType.Type, wrongType.Value)
	}
	return fmt.Errorf("line: must be a JSON object, got %s", err)
}
