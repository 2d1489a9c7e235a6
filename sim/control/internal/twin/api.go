// Package twin is what the tests of the Deployment and ReplicaSet controllers
// share: an API server and caches for Kubernetes' own controllers, the real
// ReplicaSet controller on them, and random situations for both.
package twin

import (
	"encoding/json"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/client-go/tools/cache"
	"k8s.io/client-go/util/workqueue"
)

// API is an API server with optimistic concurrency and informers whose caches
// are filled by hand. What controllers do with it becomes a log of lines.
type API struct {
	Client    *fake.Clientset
	Informers informers.SharedInformerFactory
	Log       []string
	// Refuse is the answer to the RefuseAt-th write (from 0) that would be taken
	// otherwise, nil when it is taken.
	Refuse   error
	RefuseAt int

	t        testing.TB
	writes   int            // since the caches were filled, refused ones too
	versions map[string]int // of the API server's objects, by resource and name
}

// NewAPI returns one without objects.
func NewAPI(t testing.TB) *API {
	api := &API{t: t, Client: &fake.Clientset{}}
	api.Client.AddReactor("*", "*", api.react)
	api.Informers = informers.NewSharedInformerFactory(api.Client, 0)
	return api
}

// Fill replaces what the caches and the API server hold, and empties the log.
// The Deployment may be nil.
func (api *API) Fill(d *apps.Deployment, sets []*apps.ReplicaSet, pods []*v1.Pod) {
	api.versions, api.Log, api.writes = map[string]int{}, []string{}, 0
	read := func(resource string, o runtime.Object) any {
		o = o.DeepCopyObject()
		m, _ := meta.Accessor(o)
		m.SetResourceVersion("1")
		api.versions[resource+"/"+m.GetName()] = 1
		return o
	}
	a := api.Informers.Apps().V1()
	replace := func(i cache.SharedIndexInformer, list []any) {
		require.NoError(api.t, i.GetIndexer().Replace(list, "1"))
	}
	var ds, rss, ps []any
	if d != nil {
		ds = append(ds, read("deployments", d))
	}
	for _, rs := range sets {
		rss = append(rss, read("replicasets", rs))
	}
	for _, pod := range pods {
		ps = append(ps, read("pods", pod))
	}
	replace(a.Deployments().Informer(), ds)
	replace(a.ReplicaSets().Informer(), rss)
	replace(api.Informers.Core().V1().Pods().Informer(), ps)
}

func (api *API) react(action clienttesting.Action) (bool, runtime.Object, error) {
	resource := action.GetResource().Resource
	gr := action.GetResource().GroupResource()
	if d, ok := action.(clienttesting.DeleteAction); ok {
		if api.refuses() {
			return true, nil, api.Refuse
		}
		api.Log = append(api.Log, "delete "+resource+" "+d.GetName())
		return true, nil, nil
	}
	a, ok := action.(clienttesting.CreateAction)
	if !ok {
		api.t.Errorf("upstream reads %s from the API server", resource)
		return true, nil, nil
	}
	o := a.GetObject().DeepCopyObject()
	m, err := meta.Accessor(o)
	require.NoError(api.t, err)
	key := resource + "/" + m.GetName()
	switch version := api.versions[key]; {
	case action.GetVerb() == "create" && version != 0:
		return true, nil, apierrors.NewAlreadyExists(gr, m.GetName())
	case action.GetVerb() == "update" && m.GetResourceVersion() != fmt.Sprint(version):
		return true, nil, apierrors.NewConflict(gr, m.GetName(), nil)
	case api.refuses():
		return true, nil, api.Refuse
	}
	api.Log = append(api.Log, Line(action.GetVerb(), resource, action.GetSubresource(), o))
	api.versions[key]++
	m.SetResourceVersion(fmt.Sprint(api.versions[key]))
	return true, o, nil
}

func (api *API) refuses() bool {
	api.writes++
	return api.Refuse != nil && api.writes-1 == api.RefuseAt
}

// Line is a write as text. JSON has times in whole seconds, as the API does.
func Line(verb, resource, subresource string, o runtime.Object) string {
	o = o.DeepCopyObject()
	m, _ := meta.Accessor(o)
	m.SetResourceVersion("")
	m.SetGeneration(0)
	switch o := o.(type) {
	case *apps.ReplicaSet:
		if subresource == "" {
			o.Status = apps.ReplicaSetStatus{} // not written
		} else {
			o.Spec = apps.ReplicaSetSpec{}
		}
	case *apps.Deployment:
		if subresource == "" {
			o.Status = apps.DeploymentStatus{}
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%s %s %s %s", verb, resource, subresource, text)
}

// Queue is a work queue that writes down what is asked for again.
func (api *API) Queue() workqueue.TypedRateLimitingInterface[string] { return queueLog{api: api} }

type queueLog struct {
	workqueue.TypedRateLimitingInterface[string]
	api *API
}

func (q queueLog) AddAfter(_ string, d time.Duration) {
	q.api.Log = append(q.api.Log, "again after "+d.String())
}

func (q queueLog) AddRateLimited(string) { q.api.Log = append(q.api.Log, "again soon") }
