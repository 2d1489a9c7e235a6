package resourceclaim

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// world is a view over what it holds.
type world struct {
	claims    map[string]*resourcev1.ResourceClaim
	templates map[string]*resourcev1.ResourceClaimTemplate
	pods      map[string]*v1.Pod
}

func (w *world) view() *View {
	return &View{
		Claim: func(_, name string) *resourcev1.ResourceClaim { return w.claims[name] },
		Template: func(_, name string) (*resourcev1.ResourceClaimTemplate, error) {
			if t := w.templates[name]; t != nil {
				return t, nil
			}
			return nil, apierrors.NewNotFound(resourcev1.Resource("resourceclaimtemplate"), name)
		},
		Pod: func(_, name string) *v1.Pod { return w.pods[name] },
		Owned: func(uid types.UID) (list []*resourcev1.ResourceClaim) {
			for _, c := range w.claims {
				if o := metav1.GetControllerOf(c); o != nil && o.UID == uid {
					list = append(list, c)
				}
			}
			return list
		},
	}
}

func text(s string) *string { return &s }

func podOf(name string, entries ...v1.PodResourceClaim) *v1.Pod {
	return &v1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: "d", UID: types.UID(name)},
		Spec: v1.PodSpec{ResourceClaims: entries}}
}

// A claim is made from the template that a pod names, once; one that was made and stands in
// no status is found by its annotation.
func TestAPodGetsItsClaim(t *testing.T) {
	p := podOf("p", v1.PodResourceClaim{Name: "gpu", ResourceClaimTemplateName: text("t")},
		v1.PodResourceClaim{Name: "given", ResourceClaimName: text("own")})
	w := &world{templates: map[string]*resourcev1.ResourceClaimTemplate{"t": {}},
		claims: map[string]*resourcev1.ResourceClaim{}}
	assert.True(t, NeedsWork(w.view(), p))
	actions, err := SyncPod(w.view(), p)
	assert.NoError(t, err)
	create := actions[0].(CreateClaim)
	assert.Equal(t, "gpu", create.For)
	assert.Equal(t, "p-gpu-", create.Claim.GenerateName)
	assert.True(t, metav1.IsControlledBy(create.Claim, p))
	assert.Equal(t, []Action{create, NameClaims{map[string]string{}}}, actions)

	made := create.Claim.DeepCopy()
	made.Name = "p-gpu-x"
	w.claims["p-gpu-x"] = made
	actions, err = SyncPod(w.view(), p)
	assert.NoError(t, err)
	assert.Equal(t, []Action{NameClaims{map[string]string{"gpu": "p-gpu-x"}}}, actions)

	p.Status.ResourceClaimStatuses = []v1.PodResourceClaimStatus{{Name: "gpu", ResourceClaimName: text("p-gpu-x")}}
	assert.False(t, NeedsWork(w.view(), p))
	actions, err = SyncPod(w.view(), p)
	assert.NoError(t, err)
	assert.Empty(t, actions)

	_, err = SyncPod(w.view(), podOf("q", v1.PodResourceClaim{Name: "gpu", ResourceClaimTemplateName: text("none")}))
	assert.EqualError(t, err, `PodResourceClaim gpu: resource claim template "none": `+
		`resourceclaimtemplate.resource.k8s.io "none" not found`)
}

// Names that are too long are cut in proportion (controller.go, handleClaim).
func TestLongNamesAreCut(t *testing.T) {
	name := generateName(strings.Repeat("p", 100), strings.Repeat("c", 50))
	assert.Equal(t, strings.Repeat("p", 37)+"-"+strings.Repeat("c", 18), name)
	assert.Equal(t, strings.Repeat("p", 54)+"-c-", generateName(strings.Repeat("p", 54), "c"))
	assert.Equal(t, strings.Repeat("p", 54)+"-", generateName(strings.Repeat("p", 55), "c"), "as upstream divides")
}

// A claim has its devices as long as one of its pods may run, and goes with the pod that it
// was made for.
func TestAClaimIsReleasedWithItsLastPod(t *testing.T) {
	running, done := podOf("running"), podOf("done")
	running.Spec.NodeName, done.Spec.NodeName, done.Status.Phase = "n", "n", v1.PodSucceeded
	w := &world{pods: map[string]*v1.Pod{"running": running, "done": done}}
	claim := &resourcev1.ResourceClaim{ObjectMeta: metav1.ObjectMeta{Name: "c", Namespace: "d",
		Finalizers: []string{"other", resourcev1.Finalizer}}}
	claim.Status.Allocation = &resourcev1.AllocationResult{}
	reserved := func(names ...string) {
		claim.Status.ReservedFor = nil
		for _, n := range names {
			claim.Status.ReservedFor = append(claim.Status.ReservedFor,
				resourcev1.ResourceClaimConsumerReference{Resource: "pods", Name: n, UID: types.UID(n)})
		}
	}
	reserved("running")
	assert.Empty(t, SyncClaim(w.view(), claim))

	reserved("running", "done", "gone")
	actions := SyncClaim(w.view(), claim)
	assert.Len(t, actions, 1)
	next := actions[0].(UpdateStatus).Claim
	assert.Len(t, next.Status.ReservedFor, 1)
	assert.NotNil(t, next.Status.Allocation)

	reserved("done")
	actions = SyncClaim(w.view(), claim)
	assert.Len(t, actions, 2)
	assert.Nil(t, actions[0].(UpdateStatus).Claim.Status.Allocation)
	assert.Equal(t, []string{"other"}, actions[1].(Update).Claim.Finalizers)

	claim.OwnerReferences = []metav1.OwnerReference{*metav1.NewControllerRef(done, v1.SchemeGroupVersion.WithKind("Pod"))}
	assert.IsType(t, DeleteClaim{}, SyncClaim(w.view(), claim)[2])
	claim.OwnerReferences[0].Name, claim.OwnerReferences[0].UID = "gone", "gone"
	assert.Len(t, SyncClaim(w.view(), claim), 2, "the garbage collector's")
}
