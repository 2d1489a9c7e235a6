package admission

import (
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/fake"
	"k8s.io/client-go/tools/cache"
	upstreamcontroller "k8s.io/kubernetes/pkg/controller/resourcequota"
	evaluator "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	"k8s.io/utils/ptr"
)

// theirStatus is what the real quota controller writes for a quota of a
// namespace with some pods.
func theirStatus(t *testing.T, q *v1.ResourceQuota, objects []runtime.Object) *v1.ResourceQuota {
	t.Helper()
	client := fake.NewClientset(q.DeepCopy())
	factory := informers.NewSharedInformerFactory(client, 0)
	lister := generic.ListerFuncForResourceFunc(func(gvr schema.GroupVersionResource) (informers.GenericInformer, error) {
		informer, err := factory.ForResource(gvr)
		if err == nil && gvr.Resource == "pods" {
			err = filled(informer, objects)
		}
		return synced{informer}, err
	})
	all, err := evaluator.NewEvaluators(lister, factory, func(gvr schema.GroupVersionResource) bool {
		return gvr.Resource == "pods"
	})
	require.NoError(t, err)
	controller, err := upstreamcontroller.NewController(t.Context(), &upstreamcontroller.ControllerOptions{
		QuotaClient: client.CoreV1(), ResourceQuotaInformer: factory.Core().V1().ResourceQuotas(),
		ResyncPeriod: func() time.Duration { return 0 }, Registry: generic.NewRegistry(all),
	})
	require.NoError(t, err)
	factory.Start(t.Context().Done())
	factory.WaitForCacheSync(t.Context().Done())
	go controller.Run(t.Context(), 1)
	synctest.Wait()
	time.Sleep(time.Second)
	synctest.Wait()
	written, err := client.CoreV1().ResourceQuotas(q.Namespace).Get(t.Context(), q.Name, metav1.GetOptions{})
	require.NoError(t, err)
	return written
}

// synced is an informer that has been filled by hand.
type synced struct{ informers.GenericInformer }

func (s synced) Informer() cache.SharedIndexInformer {
	return syncedInformer{s.GenericInformer.Informer()}
}

type syncedInformer struct{ cache.SharedIndexInformer }

func (syncedInformer) HasSynced() bool { return true }

func filled(informer informers.GenericInformer, objects []runtime.Object) error {
	for _, o := range objects {
		if err := informer.Informer().GetIndexer().Add(o); err != nil {
			return err
		}
	}
	return nil
}

// What is counted anew is what the real quota controller counts, of pods that
// run, have ended, or terminate for longer than they should.
func TestRecalculateAsTheRealController(t *testing.T) {
	changed := 0
	for seed := range uint64(60) {
		synctest.Test(t, func(t *testing.T) {
			r := rand.New(rand.NewPCG(seed, 2))
			var quota *v1.ResourceQuota
			for quota == nil {
				for _, o := range randomPolicies(r) {
					if q, is := o.(*v1.ResourceQuota); is {
						quota = q
					}
				}
			}
			var objects []runtime.Object
			for i := range 15 {
				p := randomPod(r, i)
				p.Status.Phase = oneOf(r, v1.PodPending, v1.PodRunning, v1.PodRunning, v1.PodSucceeded, v1.PodFailed)
				if r.IntN(3) == 0 {
					p.DeletionTimestamp = &metav1.Time{Time: time.Now().Add(time.Duration(r.IntN(90)-60) * time.Second)}
					p.DeletionGracePeriodSeconds = ptr.To(int64(r.IntN(60)))
				}
				objects = append(objects, p)
			}
			ours, s := cluster(t)
			s.now, s.objects = time.Now(), objects
			ours.Set(quota)
			_, err := ours.Recalculate(quota.Namespace, quota.Name)
			require.NoError(t, err)
			mine, theirs := ours.Quota(quota.Namespace, quota.Name), theirStatus(t, quota, objects)
			require.Equal(t, usedText(theirs), usedText(mine), "seed %d", seed)
			require.Equal(t, len(theirs.Status.Hard), len(mine.Status.Hard))
			if usedText(mine) != "" {
				changed++
			}
		})
	}
	require.NotZero(t, changed)
}
