package wire

import "reflect"

// Step is one action; exactly one member but at is given.
type Step struct {
	At           *Duration     `yaml:"at" required:"true" doc:"time from the start"`
	Apply        []Manifest    `yaml:"apply" doc:"kubectl apply: paths or objects"`
	Delete       *Delete       `yaml:"delete" doc:"kubectl delete"`
	Scale        *Scale        `yaml:"scale" doc:"kubectl scale"`
	SetImage     *SetImage     `yaml:"setImage" doc:"kubectl set image"`
	SetMetric    *SetMetric    `yaml:"setMetric" doc:"the value of a custom or external metric, from then on"`
	SetResources *SetResources `yaml:"setResources" doc:"kubectl set resources"`
	Rollout      *Rollout      `yaml:"rollout" doc:"kubectl rollout undo, restart, pause or resume"`
	Cordon       *NodeRef      `yaml:"cordon" doc:"kubectl cordon"`
	Drain        *Drain        `yaml:"drain" doc:"kubectl drain"`
	Uncordon     *NodeRef      `yaml:"uncordon" doc:"kubectl uncordon"`
	Taint        *NodeTaints   `yaml:"taint" doc:"kubectl taint nodes"`
	NodeFail     *NodeRef      `yaml:"nodeFail" doc:"the machine stops: its processes die, its kubelet is silent"`
	NodeShutdown *NodeRef      `yaml:"nodeShutdown" doc:"the machine is powered off: its kubelet ends the pods first, as far as kubelet.shutdownGracePeriod goes; without that as nodeFail"`
	NodeRecover  *NodeRef      `yaml:"nodeRecover" doc:"a failed machine runs again"`
	NodeAdd      *NodeAdd      `yaml:"nodeAdd" doc:"machines join, Ready at once"`
	NodeRemove   *NodeRef      `yaml:"nodeRemove" doc:"the machine goes and its Node is deleted; its pods are not evicted first, see drain"`
	PodKill      *PodKill      `yaml:"podKill" doc:"kubectl delete pod --grace-period=0 --force"`
}

// ActionNames are the members of a step that are actions, in the order of Step.
var ActionNames = func() (names []string) {
	t := reflect.TypeFor[Step]()
	for i := range t.NumField() {
		if name := t.Field(i).Tag.Get("yaml"); name != "at" {
			names = append(names, name)
		}
	}
	return names
}()

// Actions counts those that are given.
func (s *Step) Actions() (given int) {
	v := reflect.ValueOf(s).Elem()
	for i := range v.NumField() {
		if v.Type().Field(i).Tag.Get("yaml") != "at" && !v.Field(i).IsZero() {
			given++
		}
	}
	return given
}

// NodeTaints is kubectl taint nodes.
type NodeTaints struct {
	Node   string   `yaml:"node" doc:"name of the node" required:"true"`
	Taints []string `yaml:"taints" doc:"key=value:Effect or key:Effect to put on, with a - at the end to take off; key- takes off all of the key" required:"true"`
}

// NodeAdd is machines that join: of a pool, or Node objects.
type NodeAdd struct {
	Pool  string     `yaml:"pool" doc:"a pool of the cluster, which gets more of its machines"`
	Count *int       `yaml:"count" doc:"how many; 1 when left out"`
	Nodes []Manifest `yaml:"nodes" doc:"Node objects, instead of pool: paths or objects"`
}

// PodKill deletes pods without grace.
type PodKill struct {
	Target    string `yaml:"target" doc:"Kind/name of a workload or Pod" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Count     *int   `yaml:"count" doc:"how many of the workload's pods, drawn at random; 1 when left out"`
}

// SetResources is kubectl set resources of one container.
type SetResources struct {
	Target    string              `yaml:"target" doc:"Kind/name of a Deployment, StatefulSet or DaemonSet" required:"true"`
	Namespace string              `yaml:"namespace" doc:"default when left out"`
	Container string              `yaml:"container" doc:"name of the container" required:"true"`
	Requests  map[string]Quantity `yaml:"requests" doc:"requests to set, e.g. {cpu: 500m}; others stay"`
	Limits    map[string]Quantity `yaml:"limits" doc:"limits to set; others stay"`
}

// SetMetric is the value of a custom or external metric.
type SetMetric struct {
	Name      string    `yaml:"name" doc:"name of the metric" required:"true"`
	Namespace string    `yaml:"namespace" doc:"default when left out"`
	Value     *Quantity `yaml:"value" doc:"the value, e.g. 120 or 500m" required:"true"`
}

// Drain is kubectl drain with its flags.
type Drain struct {
	Node               string    `yaml:"node" doc:"name of the node" required:"true"`
	Timeout            *Duration `yaml:"timeout" doc:"--timeout; for ever when left out"`
	Force              bool      `yaml:"force" doc:"--force: also pods without a controller"`
	DeleteEmptyDirData bool      `yaml:"deleteEmptyDirData" doc:"--delete-emptydir-data: also pods with emptyDir volumes"`
	IgnoreDaemonSets   bool      `yaml:"ignoreDaemonSets" doc:"--ignore-daemonsets: their pods stay; without it a node with such pods is not drained"`
}

// Target names an object.
type Target struct {
	Target    string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
}

// Delete is kubectl delete.
type Delete struct {
	Target             string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace          string `yaml:"namespace" doc:"default when left out"`
	GracePeriodSeconds *int64 `yaml:"gracePeriodSeconds" doc:"of a Pod: --grace-period; the pod's own when left out; 0 is 1 without force"`
	Force              bool   `yaml:"force" doc:"of a Pod: --force, which removes the object at once"`
}

// Scale sets the number of replicas.
type Scale struct {
	Target    string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Replicas  *int   `yaml:"replicas" required:"true" doc:"number of replicas"`
}

// SetImage sets the image of a container.
type SetImage struct {
	Target    string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Container string `yaml:"container" required:"true" doc:"name of the container"`
	Image     string `yaml:"image" required:"true" doc:"the new image"`
}

// Rollout is a verb of kubectl rollout.
type Rollout struct {
	Verb       string `yaml:"verb" required:"true" doc:"undo or restart; pause or resume of a Deployment"`
	Target     string `yaml:"target" doc:"Kind/name" required:"true"`
	Namespace  string `yaml:"namespace" doc:"default when left out"`
	ToRevision int    `yaml:"toRevision" doc:"for undo: the revision; the previous one when left out"`
}

// NodeRef names a node.
type NodeRef struct {
	Node string `yaml:"node" required:"true" doc:"name of the node"`
}
