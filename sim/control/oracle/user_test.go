package oracle

import (
	"cmp"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	apps "k8s.io/api/apps/v1"
	batch "k8s.io/api/batch/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	taintutils "k8s.io/kubernetes/pkg/util/taints"
	"k8s.io/utils/ptr"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/cluster"
	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/deployment"
)

// user does with kubectl what the timeline says.
type user struct {
	server   *server
	kubelets *kubelets
	metrics  *metrics
	noise    *noise
	now      sim.Time // of the step
}

func (u *user) perform(action cluster.Action) error {
	switch a := action.(type) {
	case cluster.Apply:
		for _, o := range a.Objects {
			if err := u.apply(o); err != nil {
				return err
			}
		}
		return nil
	case cluster.Delete:
		return u.withTarget(a.Target, func(c *collection, o runtime.Object) error {
			_, err := u.server.remove(c, a.Target.Namespace, a.Target.Name, &metav1.DeleteOptions{})
			return err
		})
	case cluster.Scale:
		return u.change(a.Target, func(o runtime.Object) error {
			spec, _, _ := sizes(o)
			*spec = a.Replicas
			return nil
		})
	case cluster.SetImage:
		return u.change(a.Target, func(o runtime.Object) error {
			return control.SetTemplateImage(templateOf(o), a.Container, a.Image)
		})
	case cluster.SetResources:
		return u.change(a.Target, func(o runtime.Object) error {
			return control.SetTemplateResources(templateOf(o), a.Container, a.Requests, a.Limits)
		})
	case cluster.SetMetric:
		u.metrics.set(a.Namespace, a.Name, a.Value.MilliValue())
		return nil
	case cluster.Rollout:
		return u.rollout(a)
	case cluster.Cordon:
		return u.change(cluster.ObjectRef{Kind: "Node", NamespacedName: named("", a.Node)}, func(o runtime.Object) error {
			o.(*v1.Node).Spec.Unschedulable = a.Unschedulable
			return nil
		})
	case cluster.Taint:
		return u.change(cluster.ObjectRef{Kind: "Node", NamespacedName: named("", a.Node)}, func(o runtime.Object) error {
			n := o.(*v1.Node)
			for _, t := range a.Remove {
				n.Spec.Taints, _ = taintutils.DeleteTaintsByKey(n.Spec.Taints, t.Key)
			}
			for _, t := range a.Add {
				next, _, err := taintutils.AddOrUpdateTaint(n, &t)
				if err != nil {
					return err
				}
				n.Spec.Taints = next.Spec.Taints
			}
			return nil
		})
	case cluster.Drain:
		go u.drain(a)
		return nil
	case cluster.NodeFail:
		u.kubelets.fail(a.Node)
		return nil
	case cluster.NodeRecover:
		u.kubelets.recover(a.Node)
		return nil
	case cluster.NodeAdd:
		for _, o := range a.Nodes {
			if err := u.kubelets.join(o); err != nil {
				return err
			}
		}
		return nil
	case cluster.NodeRemove:
		u.kubelets.fail(a.Node)
		_, err := u.server.remove(u.server.kinds["/v1/nodes"], "", a.Node, &metav1.DeleteOptions{})
		return err
	case cluster.PodKill:
		u.kill(a)
		return nil
	}
	return fmt.Errorf("the oracle has no %T", action)
}

// apply creates an object or replaces its spec, labels and annotations.
func (u *user) apply(o runtime.Object) error {
	c, m := u.server.ofObject(o), accessor(o)
	if _, err := u.server.get(c, m.GetNamespace(), m.GetName()); err != nil {
		_, err = u.server.create(o)
		return err
	}
	_, err := u.update(c, m.GetNamespace(), m.GetName(), func(next runtime.Object) error {
		if j, is := next.(*batch.Job); is { // whose selector and labels are the API server's
			from := o.(*batch.Job).Spec
			j.Spec.Suspend, j.Spec.Parallelism, j.Spec.TTLSecondsAfterFinished = from.Suspend, from.Parallelism,
				from.TTLSecondsAfterFinished
			return nil
		}
		member(next, "Spec").Set(reflect.ValueOf(o.DeepCopyObject()).Elem().FieldByName("Spec"))
		accessor(next).SetLabels(m.GetLabels())
		return nil
	})
	return err
}

func (u *user) withTarget(target cluster.ObjectRef, do func(*collection, runtime.Object) error) error {
	c := u.server.kinds[paths[target.Kind]]
	if c == nil {
		return fmt.Errorf("the oracle knows no path of a %s", target.Kind)
	}
	o, err := u.server.get(c, target.Namespace, target.Name)
	if err != nil {
		return err
	}
	return do(c, o)
}

// paths are the kinds that a timeline names.
var paths = map[string]string{
	"Deployment": "apps/v1/deployments", "ReplicaSet": "apps/v1/replicasets", "StatefulSet": "apps/v1/statefulsets",
	"DaemonSet": "apps/v1/daemonsets",
	"Job":       "batch/v1/jobs", "CronJob": "batch/v1/cronjobs", "Pod": "/v1/pods", "Node": "/v1/nodes",
	"PodDisruptionBudget":     "policy/v1/poddisruptionbudgets",
	"HorizontalPodAutoscaler": "autoscaling/v2/horizontalpodautoscalers", "Service": "/v1/services",
	"ResourceQuota": "/v1/resourcequotas", "LimitRange": "/v1/limitranges",
}

func (u *user) change(target cluster.ObjectRef, do func(runtime.Object) error) error {
	return u.withTarget(target, func(c *collection, _ runtime.Object) error {
		_, err := u.update(c, target.Namespace, target.Name, do)
		return err
	})
}

// update reads, changes and writes.
func (u *user) update(c *collection, namespace, name string, change func(runtime.Object) error) (runtime.Object,
	error) {
	o, err := u.server.get(c, namespace, name)
	if err != nil {
		return nil, err
	}
	o = o.DeepCopyObject()
	if err := change(o); err != nil {
		return nil, err
	}
	accessor(o).SetResourceVersion("")
	return u.server.update(c, "", o)
}

func templateOf(o runtime.Object) *v1.PodTemplateSpec {
	return reflect.ValueOf(o).Elem().FieldByName("Spec").FieldByName("Template").Addr().Interface().(*v1.PodTemplateSpec)
}

func (u *user) rollout(a cluster.Rollout) error {
	if a.Verb == cluster.Restart {
		return u.change(a.Target, func(o runtime.Object) error {
			if d, is := o.(*apps.Deployment); is && d.Spec.Paused {
				return fmt.Errorf("deployments.apps %q can't restart paused deployment (run rollout resume first)", d.Name)
			}
			metav1.SetMetaDataAnnotation(&templateOf(o).ObjectMeta, "kubectl.kubernetes.io/restartedAt",
				time.Now().Format(time.RFC3339))
			return nil
		})
	}
	return u.change(a.Target, func(o runtime.Object) error {
		d, is := o.(*apps.Deployment)
		if !is {
			return fmt.Errorf("the oracle has no %s of a %s", a.Verb, a.Target.Kind)
		}
		next, err := d, error(nil)
		switch a.Verb {
		case cluster.Undo:
			next, err = deployment.RolloutUndo(d, u.replicaSets(d), a.ToRevision)
		case cluster.Pause:
			next, err = deployment.Pause(d)
		case cluster.Resume:
			next, err = deployment.Resume(d)
		}
		if err == nil {
			*d = *next
		}
		return err
	})
}

func (u *user) replicaSets(d *apps.Deployment) (list []*apps.ReplicaSet) {
	sets, _ := u.server.list(u.server.kinds["apps/v1/replicasets"], selection{namespace: d.Namespace})
	for _, o := range sets {
		if metav1.IsControlledBy(accessor(o), d) {
			list = append(list, o.(*apps.ReplicaSet))
		}
	}
	return list
}

// drain is kubectl drain: cordon, then evictions, each tried again after 5 s as
// long as a budget stands against it (k8s.io/kubectl/pkg/drain).
func (u *user) drain(a cluster.Drain) {
	if err := u.perform(cluster.Cordon{Node: a.Node, Unschedulable: true}); err != nil {
		return
	}
	pods, _ := u.server.list(u.server.kinds["/v1/pods"], selection{})
	if slices.ContainsFunc(pods, func(o runtime.Object) bool { return stops(a, o.(*v1.Pod)) }) {
		return
	}
	for _, o := range pods {
		p := o.(*v1.Pod)
		if owner := metav1.GetControllerOf(p); p.Spec.NodeName != a.Node || (owner != nil && owner.Kind == "DaemonSet") {
			continue
		}
		go func() {
			request := u.noise.of(u.kubelets.about(p, callTime, "eviction"))
			for next := time.Now().Add(request); u.kubelets.sleep(next); next = next.Add(5*time.Second + request) {
				if err := u.server.evict(p.Namespace, p.Name); err == nil || !strings.Contains(err.Error(), "disruption budget") {
					return
				}
			}
		}()
	}
}

// stops reports whether a pod keeps kubectl from draining its node at all.
func stops(a cluster.Drain, p *v1.Pod) bool {
	owner := metav1.GetControllerOf(p)
	switch {
	case p.Spec.NodeName != a.Node || p.Status.Phase == v1.PodSucceeded || p.Status.Phase == v1.PodFailed:
		return false
	case owner == nil:
		return !a.Force
	}
	return owner.Kind == "DaemonSet" && !a.IgnoreDaemonSets
}

// kill is kubectl delete pod --grace-period=0 --force of the pods that the
// simulation drew: their processes get SIGKILL.
func (u *user) kill(a cluster.PodKill) {
	of := key(a.Target.Namespace, a.Target.Kind) + "/" + a.Target.Name
	for i := range a.Count {
		if i > 0 {
			time.Sleep(callTime)
		}
		places := u.kubelets.script.kills[u.now.Add(time.Duration(i)*callTime)]
		if len(places) == 0 {
			continue // it was gone before its turn
		}
		place := places[0]
		pods, _ := u.server.list(u.server.kinds["/v1/pods"], selection{namespace: a.Target.Namespace})
		slices.SortFunc(pods, func(a, b runtime.Object) int {
			return cmp.Compare(accessor(a).GetUID(), accessor(b).GetUID())
		})
		waiting := 0
		for _, o := range pods {
			p := o.(*v1.Pod)
			owner, at := u.kubelets.placeOf(p)
			if owner == of && at == "" {
				at = waitingPlace(waiting)
				waiting++
			}
			if owner != of || at != place || p.DeletionTimestamp != nil {
				continue
			}
			if p.Spec.RestartPolicy == v1.RestartPolicyNever && !u.kubelets.silent(p.Spec.NodeName) {
				u.kubelets.write(p, []string{string(v1.PodFailed)}, time.Now())
			}
			// it is there
			_, _ = u.server.remove(u.server.kinds["/v1/pods"], p.Namespace, p.Name,
				&metav1.DeleteOptions{GracePeriodSeconds: ptr.To[int64](0)})
			break
		}
	}
}
