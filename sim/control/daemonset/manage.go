package daemonset

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/kubernetes/pkg/controller"
	"k8s.io/kubernetes/pkg/controller/daemon"
	"k8s.io/kubernetes/pkg/controller/daemon/util"
)

// manage creates pods where they are missing and deletes those that are too
// many or have ended (daemon_controller.go).
func (s *daemonSync) manage() {
	surges := util.AllowsSurge(s.ds)
	var needing []string
	var doomed []*v1.Pod
	for i := range s.nodes {
		needs, victims := s.podsShouldBeOnNode(&s.nodes[i], surges)
		if needs {
			needing = append(needing, s.nodes[i].node.Name)
		}
		doomed = append(doomed, victims...)
	}
	// The pod garbage collector leaves unscheduled pods alone.
	for _, g := range s.absent {
		for _, pod := range g.pods {
			if pod.Spec.NodeName == "" {
				doomed = append(doomed, pod)
			}
		}
	}
	s.syncNodes(doomed, needing)
}

// podsShouldBeOnNode says whether the node needs a pod, and which of its pods
// have to go.
func (s *daemonSync) podsShouldBeOnNode(n *nodeState, surges bool) (needs bool, doomed []*v1.Pod) {
	exists := len(n.pods) > 0
	switch {
	case n.shouldRun && !exists:
		return true, nil
	case n.shouldContinueRunning:
		running, doomed := s.withoutEnded(n)
		switch {
		case len(running) > 1 && surges:
			return false, append(doomed, s.excessOfASurge(running)...)
		case len(running) > 1:
			slices.SortFunc(running, byCreationTimestampAndPhase)
			return false, append(doomed, running[1:]...)
		}
		// Surging, there should be one that isn't under deletion.
		return surges && len(running) == 0 && n.shouldRun, doomed
	}
	for _, pod := range n.pods {
		if !terminating(pod) {
			doomed = append(doomed, pod)
		}
	}
	return false, doomed
}

// withoutEnded splits the pods of a node that aren't under deletion into those
// that run or will, and those that have ended and may be deleted now.
func (s *daemonSync) withoutEnded(n *nodeState) (running, doomed []*v1.Pod) {
	for _, pod := range n.pods {
		switch {
		case terminating(pod):
		case pod.Status.Phase == v1.PodFailed:
			if !s.backOff(n.node.Name) {
				s.event(v1.EventTypeWarning, daemon.FailedDaemonPodReason,
					fmt.Sprintf("Found failed daemon pod %s/%s on node %s, will try to kill it", pod.Namespace, pod.Name, n.node.Name))
				doomed = append(doomed, pod)
			}
		case pod.Status.Phase == v1.PodSucceeded:
			s.event(v1.EventTypeNormal, daemon.SucceededDaemonPodReason,
				fmt.Sprintf("Found succeeded daemon pod %s/%s on node %s, will try to delete it", pod.Namespace, pod.Name,
					n.node.Name))
			doomed = append(doomed, pod)
		default:
			running = append(running, pod)
		}
	}
	return running, doomed
}

// excessOfASurge are all pods but the oldest new and the oldest old one, and
// the old one as well once it isn't ready or the new one is available.
func (s *daemonSync) excessOfASurge(running []*v1.Pod) (doomed []*v1.Pod) {
	var oldestNew, oldestOld *v1.Pod
	slices.SortFunc(running, byCreationTimestampAndPhase)
	for _, pod := range running {
		oldest := &oldestOld
		if pod.Labels[apps.ControllerRevisionHashLabelKey] == s.hash {
			oldest = &oldestNew
		}
		if *oldest == nil {
			*oldest = pod
			continue
		}
		doomed = append(doomed, pod)
	}
	if oldestNew != nil && oldestOld != nil && (!podutil.IsPodReady(oldestOld) || s.available(oldestNew)) {
		doomed = append(doomed, oldestOld)
	}
	return doomed
}

// byCreationTimestampAndPhase has scheduled pods first, then old ones.
func byCreationTimestampAndPhase(a, b *v1.Pod) int {
	switch scheduledA, scheduledB := a.Spec.NodeName != "", b.Spec.NodeName != ""; {
	case scheduledA && !scheduledB:
		return -1
	case !scheduledA && scheduledB:
		return 1
	}
	return cmp.Or(a.CreationTimestamp.Compare(b.CreationTimestamp.Time), strings.Compare(a.Name, b.Name))
}

// syncNodes creates pods for nodes and deletes others, as many of each as a
// sync may.
func (s *daemonSync) syncNodes(doomed []*v1.Pod, needing []string) {
	needing = needing[:min(len(needing), daemon.BurstReplicas)]
	doomed = doomed[:min(len(doomed), daemon.BurstReplicas)]
	s.writes = s.writes || len(needing)+len(doomed) > 0
	if len(needing) > 0 {
		s.do(CreatePods{s.ds, util.CreatePodTemplate(s.ds.Spec.Template, s.template, s.hash), needing})
	}
	if len(doomed) == 0 {
		return
	}
	s.do(DeletePods{doomed})
	for _, pod := range doomed {
		s.event(v1.EventTypeNormal, controller.SuccessfulDeletePodReason, "Deleted pod: "+pod.Name)
	}
}
