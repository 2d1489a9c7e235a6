package admission

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	v1 "k8s.io/api/core/v1"
	nodev1 "k8s.io/api/node/v1"
	schedulingv1 "k8s.io/api/scheduling/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	upstream "k8s.io/apiserver/pkg/admission"
	"k8s.io/apiserver/pkg/admission/initializer"
	"k8s.io/apiserver/pkg/admission/plugin/resourcequota"
	"k8s.io/apiserver/pkg/quota/v1/generic"
	utilfeature "k8s.io/apiserver/pkg/util/feature"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/kubernetes/fake"
	clienttesting "k8s.io/client-go/testing"
	"k8s.io/klog/v2"
	podutil "k8s.io/kubernetes/pkg/api/pod"
	"k8s.io/kubernetes/pkg/apis/core"
	"k8s.io/kubernetes/pkg/apis/core/helper/qos"
	corev1 "k8s.io/kubernetes/pkg/apis/core/v1"
	corevalidation "k8s.io/kubernetes/pkg/apis/core/validation"
	evaluator "k8s.io/kubernetes/pkg/quota/v1/evaluator/core"
	"k8s.io/kubernetes/plugin/pkg/admission/defaulttolerationseconds"
	"k8s.io/kubernetes/plugin/pkg/admission/limitranger"
	"k8s.io/kubernetes/plugin/pkg/admission/priority"
	"k8s.io/kubernetes/plugin/pkg/admission/runtimeclass"
)

func TestMain(m *testing.M) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	os.Exit(m.Run())
}

// server is the API server's way of a new pod, with upstream's plugins in
// upstream's order, what its registry does and the whole of its quota plugin,
// on a fake clientset whose caches are never behind.
type server struct {
	mutating   []upstream.MutationInterface
	validating []upstream.ValidationInterface
	factory    informers.SharedInformerFactory
}

func newServer(t *testing.T, objects []runtime.Object) *server {
	t.Helper()
	client := fake.NewClientset(objects...)
	s := &server{factory: informers.NewSharedInformerFactory(client, 0)}
	quotas := s.factory.Core().V1().ResourceQuotas().Informer().GetIndexer()
	version := 0
	client.PrependReactor("update", "resourcequotas", func(action clienttesting.Action) (bool, runtime.Object, error) {
		version++
		q := action.(clienttesting.UpdateAction).GetObject().(*v1.ResourceQuota).DeepCopy()
		q.ResourceVersion = fmt.Sprint(version)
		return true, q, quotas.Update(q)
	})
	limits, err := limitranger.NewLimitRanger(nil)
	require.NoError(t, err)
	quota, err := resourcequota.NewResourceQuota(nil, 1)
	require.NoError(t, err)
	quota.SetDrainedNotification(t.Context().Done())
	tolerations, classes, runtimes := defaulttolerationseconds.NewDefaultTolerationSeconds(), priority.NewPlugin(),
		runtimeclass.NewRuntimeClass()
	tolerations.InspectFeatureGates(utilfeature.DefaultFeatureGate)
	for _, plugin := range []upstream.Interface{limits, classes, runtimes, quota} {
		plugin.(initializer.WantsExternalKubeClientSet).SetExternalKubeClientSet(kubernetes.Interface(client))
		plugin.(initializer.WantsExternalKubeInformerFactory).SetExternalKubeInformerFactory(s.factory)
	}
	all, err := evaluator.NewEvaluators(nil, s.factory, nil)
	require.NoError(t, err)
	quota.SetQuotaConfiguration(generic.NewConfiguration(all, nil))
	s.mutating = []upstream.MutationInterface{limits, classes, tolerations, runtimes}
	s.validating = []upstream.ValidationInterface{limits, classes, runtimes, quota}
	for _, o := range objects {
		s.store(t, o)
	}
	return s
}

func (s *server) store(t *testing.T, o runtime.Object) {
	t.Helper()
	switch o := o.(type) {
	case *v1.ResourceQuota:
		require.NoError(t, s.factory.Core().V1().ResourceQuotas().Informer().GetIndexer().Add(o))
	case *v1.LimitRange:
		require.NoError(t, s.factory.Core().V1().LimitRanges().Informer().GetIndexer().Add(o))
	case *schedulingv1.PriorityClass:
		require.NoError(t, s.factory.Scheduling().V1().PriorityClasses().Informer().GetIndexer().Add(o))
	case *nodev1.RuntimeClass:
		require.NoError(t, s.factory.Node().V1().RuntimeClasses().Informer().GetIndexer().Add(o))
	}
}

// create is what a POST of a pod does (apiserver/pkg/endpoints/handlers/create.go
// and registry/generic/registry/store.go).
func (s *server) create(t *testing.T, pod *v1.Pod) error {
	t.Helper()
	internal := &core.Pod{}
	require.NoError(t, corev1.Convert_v1_Pod_To_core_Pod(pod.DeepCopy(), internal, nil))
	name := internal.Name
	if internal.GenerateName != "" {
		internal.Name = ""
	}
	ctx := context.Background()
	attributes := upstream.NewAttributesRecord(internal, nil, core.Kind("Pod").WithVersion("version"), pod.Namespace,
		internal.Name, pods, "", upstream.Create, &metav1.CreateOptions{}, false, nil)
	for _, plugin := range s.mutating {
		if err := plugin.Admit(ctx, attributes, nil); err != nil {
			return err
		}
	}
	internal.Name = name
	// registry/core/pod/strategy.go, PrepareForCreate and Validate
	podutil.DropDisabledPodFields(internal, nil)
	podutil.DefaultPodLevelResources(internal)
	internal.Status.QOSClass = qos.GetPodQOS(internal)
	options := podutil.GetValidationOptionsFromPodSpecAndMeta(&internal.Spec, nil, &internal.ObjectMeta, nil)
	options.ResourceIsPod = true
	if faults := corevalidation.ValidatePodCreate(internal, options); len(faults) > 0 {
		return apierrors.NewInvalid(core.Kind("Pod"), internal.Name, faults)
	}
	for _, plugin := range s.validating {
		if err := plugin.Validate(ctx, attributes, nil); err != nil {
			return err
		}
	}
	return corev1.Convert_core_Pod_To_v1_Pod(internal, pod, nil)
}

// differs runs random pods through both and says where they part, "" when they
// don't. change may break ours.
func differs(t *testing.T, seed uint64, change func(*Admission)) string {
	t.Helper()
	r := rand.New(rand.NewPCG(seed, 1))
	objects := randomPolicies(r)
	ours, _ := cluster(t, objects...)
	var theirObjects []runtime.Object
	for _, o := range objects {
		if q, is := o.(*v1.ResourceQuota); is {
			o = ours.Quota(q.Namespace, q.Name).DeepCopy() // with its status
		}
		theirObjects = append(theirObjects, o)
	}
	theirs := newServer(t, theirObjects)
	for _, class := range ours.plugins.priorityClasses.List() {
		theirs.store(t, class.(runtime.Object))
	}
	if change != nil {
		change(ours)
	}
	for i := range 12 {
		pod := randomPod(r, i)
		mine, other := pod.DeepCopy(), pod.DeepCopy()
		myAnswer, otherAnswer := ours.Admit(mine), theirs.create(t, other)
		if a, b := sorted(myAnswer), sorted(otherAnswer); a != b {
			return fmt.Sprintf("pod %d:\nours   %s\ntheirs %s", i, a, b)
		}
		if myAnswer == nil {
			other.Status.Phase, other.Generation, mine.Generation = mine.Status.Phase, 0, 0
			if a, b := fmt.Sprint(mine.Spec.String(), mine.Annotations, mine.Status.QOSClass),
				fmt.Sprint(other.Spec.String(), other.Annotations, other.Status.QOSClass); a != b {
				return fmt.Sprintf("pod %d:\nours   %s\ntheirs %s", i, a, b)
			}
		}
		for _, q := range ours.Quotas() {
			stored, err := theirs.factory.Core().V1().ResourceQuotas().Lister().ResourceQuotas(q.Namespace).Get(q.Name)
			require.NoError(t, err)
			if a, b := usedText(q), usedText(stored); a != b {
				return fmt.Sprintf("pod %d, quota %s:\nours   %s\ntheirs %s", i, q.Name, a, b)
			}
		}
	}
	return ""
}

// sorted is an answer with its faults in order: upstream's come in that of a map.
func sorted(err error) string {
	if err == nil {
		return ""
	}
	head, list, found := strings.Cut(err.Error(), ": [")
	if !found {
		return head
	}
	list = strings.NewReplacer(", minimum ", "\nminimum ", ", maximum ", "\nmaximum ", ", cpu max ", "\ncpu max ",
		", spec.", "\nspec.").Replace(strings.TrimSuffix(list, "]"))
	faults := strings.Split(list, "\n")
	slices.Sort(faults)
	return head + "\n" + strings.Join(faults, "\n")
}

func usedText(q *v1.ResourceQuota) string {
	var list []string
	for name, value := range q.Status.Used {
		list = append(list, fmt.Sprintf("%s=%s", name, value.String()))
	}
	slices.Sort(list)
	return strings.Join(list, ",")
}

// Random pods under random policies fare as with upstream's plugins: the same
// answers, the same pods, the same usage.
func TestRandomPodsFareAsWithTheRealServer(t *testing.T) {
	refused := 0
	for seed := range uint64(150) {
		require.Empty(t, differs(t, seed, nil), "seed %d", seed)
	}
	r := rand.New(rand.NewPCG(3, 1))
	ours, _ := cluster(t, randomPolicies(r)...)
	for i := range 12 {
		var answer *Refusal
		if errors.As(ours.Admit(randomPod(r, i)), &answer) {
			refused++
		}
	}
	require.NotZero(t, refused, "the worlds refuse something")
}

// Broken rules are told from upstream's by the same comparison.
func TestTwinTellsBrokenRules(t *testing.T) {
	for name, change := range map[string]func(*Admission){
		"no LimitRange": func(a *Admission) { clear(a.limits) },
		"a LimitRange without its constraints": func(a *Admission) {
			for _, list := range a.limits {
				for i, l := range list {
					list[i] = l.DeepCopy()
					for j := range list[i].Spec.Limits {
						list[i].Spec.Limits[j].Min, list[i].Spec.Limits[j].Max, list[i].Spec.Limits[j].MaxLimitRequestRatio = nil, nil,
							nil
					}
				}
			}
		},
		"no quota": func(a *Admission) {
			for _, list := range a.quotas {
				for _, q := range list {
					for name := range q.Status.Hard {
						q.Status.Hard[name] = amounts("x", "1000Gi")["x"]
					}
				}
			}
		},
		"a quota without its scopes": func(a *Admission) {
			for _, list := range a.quotas {
				for _, q := range list {
					q.Spec.Scopes, q.Spec.ScopeSelector = nil, nil
				}
			}
		},
		"no default class": func(a *Admission) { a.Unset("PriorityClass", "", "usual") },
		"no runtime class": func(a *Admission) { a.Unset("RuntimeClass", "", "kata") },
		"nothing is counted": func(a *Admission) {
			a.evaluators = evaluators{Registry: generic.NewRegistry(nil), others: generic.NewRegistry(nil)}
		},
	} {
		t.Run(name, func(t *testing.T) {
			told := 0
			for seed := range uint64(40) {
				if differs(t, seed, change) != "" {
					told++
				}
			}
			require.NotZero(t, told)
		})
	}
}
