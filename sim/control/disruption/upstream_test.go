package disruption

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	fakediscovery "k8s.io/client-go/discovery/fake"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	scalefake "k8s.io/client-go/scale/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
	"k8s.io/klog/v2"
	upstream "k8s.io/kubernetes/pkg/controller/disruption"
	"k8s.io/utils/clock"

	"github.com/kube-rehearse/rehearse/sim/control/internal/drive"
)

func TestMain(m *testing.M) {
	drive.Quiet()
	os.Exit(m.Run())
}

// controller is the real one. Its caches are filled by hand; what it writes,
// tells and asks for becomes lines.
type controller struct {
	dc    *upstream.DisruptionController
	ctx   context.Context
	stop  context.CancelFunc
	lines []string
	queue workqueue.TypedRateLimitingInterface[string]
	stale workqueue.TypedRateLimitingInterface[string]
}

func newController(t *testing.T, s *scene) *controller {
	c := &controller{}
	client := &fake.Clientset{}
	client.AddReactor("update", "*", func(a clienttesting.Action) (bool, runtime.Object, error) {
		switch o := a.(clienttesting.UpdateAction).GetObject().(type) {
		case *policyv1.PodDisruptionBudget:
			// The API server drops a write that changes nothing, which the
			// controller makes when it has failed again.
			if !apiequality.Semantic.DeepEqual(o.Status, s.pdb.Status) {
				c.lines = append(c.lines, "status "+show(o.Status))
			}
		case *v1.Pod:
			c.lines = append(c.lines, fmt.Sprintf("pod at %s %s", time.Now().UTC().Format(time.RFC3339Nano),
				show(o.Status.Conditions)))
		}
		return true, a.(clienttesting.UpdateAction).GetObject(), nil
	})
	client.Resources = []*metav1.APIResourceList{{GroupVersion: "apps/v1", APIResources: []metav1.APIResource{
		{Name: "replicasets/scale", Group: "autoscaling", Version: "v1", Kind: "Scale"}}}}
	scales := &scalefake.FakeScaleClient{}
	scales.AddReactor("get", "*", func(clienttesting.Action) (bool, runtime.Object, error) {
		return true, nil, apierrors.NewNotFound(schema.GroupResource{Group: "apps", Resource: "replicasets"}, "gone")
	})
	gv := schema.GroupVersion{Group: "apps", Version: "v1"}
	mapper := meta.NewDefaultRESTMapper([]schema.GroupVersion{gv})
	mapper.Add(gv.WithKind("ReplicaSet"), meta.RESTScopeNamespace)
	mapper.Add(gv.WithKind("DaemonSet"), meta.RESTScopeNamespace)
	f := informers.NewSharedInformerFactory(client, 0)
	core, apps, policy := f.Core().V1(), f.Apps().V1(), f.Policy().V1()
	c.ctx, c.stop = context.WithCancel(klog.NewContext(t.Context(), klog.Logger{}))
	c.dc = upstream.NewDisruptionControllerInternal(c.ctx, core.Pods(), policy.PodDisruptionBudgets(),
		core.ReplicationControllers(), apps.ReplicaSets(),
		apps.Deployments(), apps.StatefulSets(), client, mapper, scales, &fakediscovery.FakeDiscovery{Fake: &client.Fake},
		clock.RealClock{}, StaleConditionTimeout)
	fill := func(i cache.SharedIndexInformer, o any) { require.NoError(t, i.GetIndexer().Add(o)) }
	for _, p := range s.pods {
		fill(core.Pods().Informer(), p)
	}
	for _, rs := range s.sets {
		fill(apps.ReplicaSets().Informer(), rs)
	}
	for _, d := range s.deployments {
		fill(apps.Deployments().Informer(), d)
	}
	for _, ss := range s.stateful {
		fill(apps.StatefulSets().Informer(), ss)
	}
	if s.pdb != nil {
		fill(policy.PodDisruptionBudgets().Informer(), s.pdb)
	}
	for _, kind := range []string{"pdb", "pod", "rc", "rs", "d", "ss"} {
		drive.Set(c.dc, kind+"ListerSynced", cache.InformerSynced(func() bool { return true }))
	}
	drive.Set(c.dc, "recorder", drive.Events(func(o runtime.Object, kind, reason, message string) {
		m, err := meta.Accessor(o)
		require.NoError(t, err)
		c.lines = append(c.lines, fmt.Sprintf("event %s %s %s %s", m.GetName(), kind, reason, message))
	}))
	drive.Set(c.dc, "recheckQueue", recheckLog{drive.Get[workqueue.TypedDelayingInterface[string]](c.dc, "recheckQueue"),
		c})
	c.queue = drive.Get[workqueue.TypedRateLimitingInterface[string]](c.dc, "queue")
	c.stale = drive.Get[workqueue.TypedRateLimitingInterface[string]](c.dc, "stalePodDisruptionQueue")
	return c
}

// run lets it work for some time and stops it.
func (c *controller) run(d time.Duration) {
	done := make(chan struct{})
	go func() {
		c.dc.Run(c.ctx, 1)
		close(done)
	}()
	synctest.Wait()
	time.Sleep(d)
	c.stop()
	<-done
	time.Sleep(time.Minute) // what its queues still have under way
}

// upstreamSync is what the real controller does in one sync.
func upstreamSync(t *testing.T, s *scene) string {
	c := newController(t, s)
	c.queue.Add("default/web")
	c.run(0)
	return sorted(c.lines)
}

// ours is the same of a decision.
func ours(d Decision, now time.Time) string {
	var lines []string
	if d.Changed {
		lines = append(lines, "status "+show(d.Status))
	}
	for _, e := range d.Events {
		object := e.Pod
		if object == "" {
			object = "web"
		}
		lines = append(lines, fmt.Sprintf("event %s %s %s %s", object, e.Type, e.Reason, e.Message))
	}
	if !d.Recheck.IsZero() {
		lines = append(lines, "again after "+d.Recheck.Sub(now).String())
	}
	return sorted(lines)
}

// sorted is needed as the controller's caches give pods in a random order.
func sorted(lines []string) string {
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

func show(o any) string {
	text, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return string(text)
}

type recheckLog struct {
	workqueue.TypedDelayingInterface[string]
	c *controller
}

func (q recheckLog) AddAfter(_ string, d time.Duration) {
	q.c.lines = append(q.c.lines, "again after "+d.String())
}
