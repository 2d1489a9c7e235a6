package oracle

import (
	"context"
	"encoding/json"
	"time"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/utils/ptr"

	lifecycle "github.com/kube-rehearse/rehearse/sim/control/nodelifecycle"
)

// collector is the pod garbage collector (pkg/controller/podgc/gc_controller.go),
// once more: the real one needs cAdvisor to link.
type collector struct {
	server *server
	client *kubernetes.Clientset
	nodes  workqueue.TypedDelayingInterface[string]
}

// collect runs the collector, which looks every 20 s.
func (m *manager) collect(context.Context) {
	c := &collector{m.wire.server, m.client(float32(m.flags.QPS), m.flags.Burst, callTime/2),
		workqueue.NewTypedDelayingQueue[string]()}
	m.runs = append(m.runs, func(ctx context.Context) {
		defer c.nodes.ShutDown()
		time.Sleep(time.Until(m.collectAt))
		wait.UntilWithContext(ctx, c.look, lifecycle.PodGCPeriod)
	})
}

// look is one pass (gc). It takes a millisecond, as the real one takes some: in a
// bubble all else takes no time, and two periods would be no longer than the
// quarantine.
func (c *collector) look(ctx context.Context) {
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
			c.remove(ctx, p, &v1.PodCondition{Type: v1.DisruptionTarget, Status: v1.ConditionTrue, Reason: "DeletionByPodGC",
				Message: "PodGC: node no longer exists"})
		case p.DeletionTimestamp != nil && p.Spec.NodeName == "":
			c.remove(ctx, p, nil)
		}
	}
}

func (c *collector) exists(node string) bool {
	_, err := c.server.get(c.server.kinds["/v1/nodes"], "", node)
	return err == nil
}

// remove says that a pod has failed and deletes it at once
// (markFailedAndDeletePodWithCondition).
func (c *collector) remove(ctx context.Context, p *v1.Pod, condition *v1.PodCondition) {
	pods := c.client.CoreV1().Pods(p.Namespace)
	if p.Status.Phase != v1.PodSucceeded && p.Status.Phase != v1.PodFailed {
		patch := v1.Pod{Status: v1.PodStatus{Phase: v1.PodFailed}}
		patch.UID = p.UID
		if condition != nil {
			patch.Status.Conditions = []v1.PodCondition{*condition}
		}
		data, err := json.Marshal(patch)
		if err != nil {
			panic(err)
		}
		if _, err := pods.Patch(ctx, p.Name, types.StrategicMergePatchType, data, metav1.PatchOptions{},
			"status"); err != nil {
			return
		}
	}
	// gone is fine
	_ = pods.Delete(ctx, p.Name, metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0),
		Preconditions: metav1.NewUIDPreconditions(string(p.UID))})
}
