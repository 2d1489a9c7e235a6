package oracle

import (
	"context"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/util/workqueue"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"
	"k8s.io/utils/ptr"

	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
)

// collector is the pod garbage collector (pkg/controller/podgc/gc_controller.go),
// once more: the real one needs cAdvisor to link.
type collector struct {
	server *server
	nodes  workqueue.TypedDelayingInterface[string]
}

// collect runs the collector, which looks every 20 s.
func (m *manager) collect(context.Context) {
	c := &collector{m.wire.server, workqueue.NewTypedDelayingQueue[string]()}
	m.runs = append(m.runs, func(ctx context.Context) {
		defer c.nodes.ShutDown()
		time.Sleep(m.collectAfter - cacheSync)
		wait.UntilWithContext(ctx, func(context.Context) { c.look() }, lifecycle.PodGCPeriod)
	})
}

// look is one pass (gc). It takes a millisecond, as the real one takes some: in a
// bubble all else takes no time, and two periods would be no longer than the
// quarantine.
func (c *collector) look() {
	time.Sleep(time.Millisecond)
	list, _ := c.server.list(c.server.kinds["/v1/pods"], selection{})
	pods := make([]*v1.Pod, len(list))
	for i, o := range list {
		pods[i] = o.(*v1.Pod)
		if name := pods[i].Spec.NodeName; name != "" && !c.exists(name) {
			c.nodes.AddAfter(name, lifecycle.PodGCQuarantine)
		}
	}
	gone := map[string]bool{}
	for c.nodes.Len() > 0 {
		name, _ := c.nodes.Get()
		gone[name] = !c.exists(name)
		c.nodes.Done(name)
	}
	for _, p := range pods {
		switch {
		case gone[p.Spec.NodeName]:
			c.remove(p, &v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: "DeletionByPodGC", Message: "PodGC: node no longer exists"})
		case p.DeletionTimestamp != nil && p.Spec.NodeName == "":
			c.remove(p, nil)
		}
	}
}

func (c *collector) exists(node string) bool {
	_, err := c.server.get(c.server.kinds["/v1/nodes"], "", node)
	return err == nil
}

// remove says that a pod has failed and deletes it at once
// (markFailedAndDeletePodWithCondition).
func (c *collector) remove(p *v1.Pod, condition *v1.PodCondition) {
	s := c.server
	s.mu.Lock()
	defer s.mu.Unlock()
	pods := s.kinds["/v1/pods"]
	o, err := s.getLocked(pods, p.Namespace, p.Name)
	if err != nil || accessor(o).GetUID() != p.UID {
		return
	}
	if next := o.DeepCopyObject().(*v1.Pod); next.Status.Phase != v1.PodSucceeded && next.Status.Phase != v1.PodFailed {
		next.Status.Phase = v1.PodFailed
		if condition != nil {
			podutil.UpdatePodCondition(&next.Status, condition)
		}
		s.put(pods, watch.Modified, o, next)
	}
	_, _ = s.removeLocked(pods, p.Namespace, p.Name, &metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)}) // it is there
}
