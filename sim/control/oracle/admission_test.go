package oracle

import (
	"context"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/api/meta"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes/scheme"
	"k8s.io/kubernetes/pkg/api/legacyscheme"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/helper/qos"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	evaluator "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	"k8s.io/kubernetes/plugin/pkg/admission/defaulttolerationseconds"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
	"k8s.io/kubernetes/plugin/pkg/admission/priority"
	"k8s.io/kubernetes/plugin/pkg/admission/runtimeclass"
)

// gate are the real admission plugins before the server, in upstream's order
// (pkg/kubeapiserver/options/plugins.go).
type gate struct {
	m          *manager
	ctx        context.Context
	mutating   []admission.MutationInterface
	validating []admission.ValidationInterface
}

// admission puts the gate before the server.
func (m *manager) admission(ctx context.Context) {
	client := m.client(-1, 0, 0)
	factory := informers.NewSharedInformerFactory(client, 0)
	limits, err := limitranger.NewLimitRanger(nil)
	require.NoError(m.t, err)
	quota, err := resourcequota.NewResourceQuota(nil, 1)
	require.NoError(m.t, err)
	classes, runtimes, tolerations := priority.NewPlugin(), runtimeclass.NewRuntimeClass(),
		defaulttolerationseconds.NewDefaultTolerationSeconds()
	initialize := initializer.New(client, nil, factory, nil, utilfeature.DefaultFeatureGate, nil, ctx.Done(), nil)
	for _, p := range []admission.Interface{limits, classes, tolerations, runtimes, quota} {
		initialize.Initialize(p)
	}
	counted, err := evaluator.NewEvaluators(nil, factory, nil)
	require.NoError(m.t, err)
	quota.SetQuotaConfiguration(generic.NewConfiguration(counted, nil))
	for _, p := range []admission.InitializationValidator{limits, classes, tolerations, runtimes, quota} {
		require.NoError(m.t, p.ValidateInitialization())
	}
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	m.runs = append(m.runs, func(ctx context.Context) {
		<-ctx.Done()
		factory.Shutdown()
	})
	g := &gate{m, ctx, []admission.MutationInterface{limits, classes, tolerations, runtimes},
		[]admission.ValidationInterface{limits, runtimes, quota}}
	m.wire.server.admit = g.admit
}

var interfaces = admission.NewObjectInterfacesFromScheme(legacyscheme.Scheme)

// admit changes and judges a new object.
func (g *gate) admit(o runtime.Object) error {
	if p, is := o.(*v1.Pod); is {
		return g.admitPod(p)
	}
	return g.judge(o, o)
}

func (g *gate) admitPod(p *v1.Pod) error {
	internal := &core.Pod{}
	require.NoError(g.m.t, legacyscheme.Scheme.Convert(p, internal, nil))
	attributes := attributesOf(p, internal)
	for _, plugin := range g.mutating {
		if err := plugin.Admit(g.ctx, attributes, interfaces); err != nil {
			return err
		}
	}
	// registry/core/pod/strategy.go, PrepareForCreate and Validate
	podutil.DefaultPodLevelResources(internal)
	internal.Status.QOSClass = qos.ComputePodQOS(internal)
	options := podutil.GetValidationOptionsFromPodSpecAndMeta(&internal.Spec, nil, &internal.ObjectMeta, nil)
	options.ResourceIsPod = true
	named := internal.DeepCopy()
	if named.Name == "" {
		named.Name = named.GenerateName + "x"
	}
	if faults := corevalidation.ValidatePodCreate(named, options); len(faults) > 0 {
		return apierrors.NewInvalid(core.Kind("Pod"), p.Name, faults)
	}
	if err := g.judge(p, internal); err != nil {
		return err
	}
	p.Spec = v1.PodSpec{}
	return legacyscheme.Scheme.Convert(internal, p, nil)
}

// judge asks the plugins that change nothing, of which the one for quotas is the
// last.
func (g *gate) judge(o, internal runtime.Object) error {
	attributes := attributesOf(o, internal)
	for _, plugin := range g.validating {
		if !plugin.Handles(admission.Create) {
			continue
		}
		if err := plugin.Validate(g.ctx, attributes, interfaces); err != nil {
			return err
		}
	}
	return nil
}

func attributesOf(o, internal runtime.Object) admission.Attributes {
	kinds, _, err := scheme.Scheme.ObjectKinds(o)
	if err != nil {
		panic(err)
	}
	plural, _ := meta.UnsafeGuessKindToResource(kinds[0])
	m := accessor(o)
	return admission.NewAttributesRecord(internal, nil, kinds[0], m.GetNamespace(), m.GetName(), plural, "",
		admission.Create, &metav1.CreateOptions{}, false, nil)
}
