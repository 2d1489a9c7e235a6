package oracle

import (
	"context"
	"time"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	"k8s.io/client-go/metadata/metadatainformer"
	"k8s.io/controller-manager/pkg/informerfactory"
	"k8s.io/kubernetes/pkg/controller/resourcequota"
	evaluator "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	"k8s.io/utils/clock"
)

// quotaSync is --resource-quota-sync-period.
const quotaSync = 5 * time.Minute

// quotas runs the controller that gives back what ResourceQuotas counted. Its
// full recounts are those of the simulation, from time 0 on.
func (m *manager) quotas(ctx context.Context) {
	lister := generic.ListerFuncForResourceFunc(m.shared.ForResource)
	counted, err := evaluator.NewEvaluators(lister, m.shared, nil)
	require.NoError(m.t, err)
	period := func() time.Duration { return quotaSync }
	started := make(chan struct{})
	close(started)
	client := m.managed(latencies.ResourceQuota)
	c, err := resourcequota.NewController(ctx, &resourcequota.ControllerOptions{
		QuotaClient: client.CoreV1(), ResourceQuotaInformer: m.shared.Core().V1().ResourceQuotas(), ResyncPeriod: period,
		ReplenishmentResyncPeriod: period,
		Registry:                  generic.NewRegistry(counted), DiscoveryFunc: served{}.ServerPreferredResources,
		UpdateFilter:         freesQuota,
		IgnoredResourcesFunc: func() map[schema.GroupResource]struct{} { return nil }, InformersStarted: started,
		InformerFactory: informerfactory.NewInformerFactory(m.shared,
			metadatainformer.NewSharedInformerFactory(objectsOf{server: m.wire.server}, 0)),
	})
	require.NoError(m.t, err)
	m.runs = append(m.runs, func(ctx context.Context) {
		time.Sleep(time.Until(m.countAt))
		c.Run(ctx, m.flags.Workers.ResourceQuota)
	})
}

// freesQuota reports whether an update lets quotas be counted anew
// (pkg/quota/v1/install/update_filter.go, which needs etcd to link).
func freesQuota(resource schema.GroupVersionResource, before, now any) bool {
	old, is := before.(*v1.Pod)
	if !is {
		return false
	}
	next := now.(*v1.Pod)
	return evaluator.IsTerminating(old) != evaluator.IsTerminating(next) ||
		evaluator.QuotaV1Pod(old, clock.RealClock{}) && !evaluator.QuotaV1Pod(next, clock.RealClock{})
}
