package daemonset

import (
	"reflect"
	"sort"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
)

// daemonSync is one sync under way.
type daemonSync struct {
	view     *View
	ds       *apps.DaemonSet
	now      time.Time
	hash     string // of the current revision
	template *int64 // generation of the template, of a deprecated annotation
	nodes    []nodeState
	absent   []group // pods of nodes that are not there, by name
	actions  []Action
	writes   bool // of pods
}

// group are the pods of one node.
type group struct {
	node string
	pods []*v1.Pod
}

// nodeState is a node and what of the DaemonSet is on it.
type nodeState struct {
	node                             *v1.Node
	pods                             []*v1.Pod // without those that have ended and are being deleted
	shouldRun, shouldContinueRunning bool
}

// Sync is one sync of a DaemonSet (daemon_controller.go, syncDaemonSet): what
// the controller writes, in order, and when to look again. An error names the
// field of the view that can't be; there are no actions then.
func Sync(v View, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	s := &daemonSync{view: &v, ds: v.DaemonSet, now: now}
	if reflect.DeepEqual(s.ds.Spec.Selector, &metav1.LabelSelector{}) {
		s.event(v1.EventTypeWarning, daemon.SelectingAllReason,
			"This daemon set is selecting all pods. A non-empty selector is required.")
		return s.actions, nil
	}
	if s.ds.DeletionTimestamp != nil {
		return nil, nil
	}
	old, ok := s.constructHistory()
	if !ok {
		return s.actions, nil
	}
	s.survey()
	err := s.updateDaemonSet(old)
	s.updateStatus()
	if err != nil {
		s.do(Retry{err})
	}
	return s.actions, nil
}

func (s *daemonSync) do(a Action) { s.actions = append(s.actions, a) }

func (s *daemonSync) event(eventType, reason, message string) {
	s.do(Event{Type: eventType, Reason: reason, Message: message})
}

// survey finds what is on each node (getNodesToDaemonPods, without pods that
// have ended and are being deleted).
func (s *daemonSync) survey() {
	if generation, err := util.GetTemplateGeneration(s.ds); err == nil {
		s.template = generation
	}
	byNode := map[string][]*v1.Pod{}
	for _, pod := range s.view.Pods {
		if podutil.IsPodTerminal(pod) && terminating(pod) {
			continue
		}
		if name, err := util.GetTargetNodeName(pod); err == nil {
			byNode[name] = append(byNode[name], pod)
		}
	}
	p := newPlacement(s.ds)
	s.nodes = make([]nodeState, len(s.view.Nodes))
	for i, node := range s.view.Nodes {
		run, stay := p.nodeShouldRunDaemonPod(node)
		s.nodes[i] = nodeState{node, byNode[node.Name], run, stay}
		delete(byNode, node.Name)
	}
	for name, pods := range byNode {
		s.absent = append(s.absent, group{name, pods})
	}
	sort.Slice(s.absent, func(i, j int) bool { return s.absent[i].node < s.absent[j].node })
}

// updateDaemonSet makes the pods what they should be. A rolling update waits
// until what this sync has written is visible: upstream's expectations.
func (s *daemonSync) updateDaemonSet(old []*apps.ControllerRevision) error {
	s.manage()
	if !s.writes && s.ds.Spec.UpdateStrategy.Type == apps.RollingUpdateDaemonSetStrategyType {
		if err := s.rollingUpdate(); err != nil {
			return err
		}
	}
	s.cleanupHistory(old)
	return nil
}

// updated reports whether a pod is of the current revision.
func (s *daemonSync) updated(pod *v1.Pod) bool { return util.IsPodUpdated(pod, s.hash, s.template) }

func (s *daemonSync) available(pod *v1.Pod) bool {
	return podutil.IsPodAvailable(pod, s.ds.Spec.MinReadySeconds, metav1.NewTime(s.now))
}

func terminating(pod *v1.Pod) bool { return pod.DeletionTimestamp != nil }
