package oracle

import (
	"context"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/plugin/pkg/admission/defaulttolerationseconds"
	"k8s.io/kubernetes/plugin/pkg/admission/priority"
	"k8s.io/kubernetes/plugin/pkg/admission/runtimeclass"
)

// admission puts the real plugins that change pods before the server.
func (m *manager) admission(ctx context.Context) {
	client := m.client(-1, 0, 0)
	factory := informers.NewSharedInformerFactory(client, 0)
	plugins := []admission.MutationInterface{priority.NewPlugin(), defaulttolerationseconds.NewDefaultTolerationSeconds(), runtimeclass.NewRuntimeClass()}
	initialize := initializer.New(client, nil, factory, nil, utilfeature.DefaultFeatureGate, nil, ctx.Done(), nil)
	for _, p := range plugins {
		initialize.Initialize(p)
		require.NoError(m.t, admission.ValidateInitialization(p))
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	m.runs = append(m.runs, func(ctx context.Context) {
		<-ctx.Done()
		factory.Shutdown()
	})
	interfaces := admission.NewObjectInterfacesFromScheme(legacyscheme.Scheme)
	m.wire.server.admit = func(o runtime.Object) error {
		p, is := o.(*v1.Pod)
		if !is {
			return nil
		}
		internal := &core.Pod{}
		require.NoError(m.t, legacyscheme.Scheme.Convert(p, internal, nil))
		attributes := admission.NewAttributesRecord(internal, nil, v1.SchemeGroupVersion.WithKind("Pod"), p.Namespace, p.Name,
			v1.SchemeGroupVersion.WithResource("pods"), "", admission.Create, nil, false, nil)
		for _, plugin := range plugins {
			if err := plugin.Admit(ctx, attributes, interfaces); err != nil {
				return err
			}
		}
		p.Spec = v1.PodSpec{}
		return legacyscheme.Scheme.Convert(internal, p, nil)
	}
}
