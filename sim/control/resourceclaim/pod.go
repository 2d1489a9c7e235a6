package resourceclaim

import (
	"errors"
	"fmt"
	"maps"
	"slices"

	v1 "k8s.io/api/core/v1"
	resourcev1 "k8s.io/api/resource/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/dynamic-resource-allocation/resourceclaim"
	podutil "k8s.io/kubernetes/pkg/api/v1/pod"

	"github.com/kube-rehearse/rehearse/sim/control"
)

// View is what the controller sees. Functions return nil for what is not there.
type View struct {
	Claim    func(namespace, name string) *resourcev1.ResourceClaim
	Template func(namespace, name string) (*resourcev1.ResourceClaimTemplate, error)
	Pod      func(namespace, name string) *v1.Pod
	// Owned are the claims that a pod controls, in the order they came.
	Owned func(pod types.UID) []*resourcev1.ResourceClaim
}

// Action is what is to be done.
type Action = control.Action

// CreateClaim makes a claim that the server names. For is the entry of the pod's
// spec.resourceClaims.
type CreateClaim struct {
	For   string
	Claim *resourcev1.ResourceClaim
}

// NameClaims writes the names of claims that were found or made into the pod's status.
// Those that were made are not among Found.
type NameClaims struct{ Found map[string]string }

// UpdateStatus writes the status of a claim, Update its finalizers, DeleteClaim deletes it.
type (
	UpdateStatus struct{ Claim *resourcev1.ResourceClaim }
	Update       struct{ Claim *resourcev1.ResourceClaim }
	DeleteClaim  struct{ Claim *resourcev1.ResourceClaim }
)

// NeedsClaims reports whether a pod may still run with its claims (podNeedsClaims).
func NeedsClaims(pod *v1.Pod, gone bool) bool {
	return !gone && !podutil.IsPodTerminal(pod) && (pod.DeletionTimestamp == nil || pod.Spec.NodeName != "")
}

// NeedsWork reports whether a pod has to be synced (podNeedsWork).
func NeedsWork(v *View, pod *v1.Pod) bool {
	if pod.DeletionTimestamp != nil {
		return false
	}
	for i := range pod.Spec.ResourceClaims {
		entry := &pod.Spec.ResourceClaims[i]
		name, checkOwner, err := resourceclaim.Name(pod, entry)
		switch {
		case err != nil:
			return true
		case name == nil:
			continue
		}
		claim := v.Claim(pod.Namespace, *name)
		switch {
		case claim == nil && entry.ResourceClaimTemplateName != nil:
			return true
		case claim == nil || checkOwner && resourceclaim.IsForPod(pod, claim, false) != nil || pod.Spec.NodeName == "":
			continue
		case toReserve(pod, claim):
			return true
		}
	}
	return false
}

func toReserve(pod *v1.Pod, claim *resourcev1.ResourceClaim) bool {
	return claim.Status.Allocation != nil && !resourceclaim.IsReservedForPod(pod, claim, false) &&
		resourceclaim.CanBeReserved(claim)
}

// SyncPod makes the claims of a pod that are not there, and reserves those of a pod that
// has a node (syncPod). An error is what the Event FailedResourceClaimCreation says; what
// was done up to there stays done.
func SyncPod(v *View, pod *v1.Pod) (actions []Action, err error) {
	if pod.DeletionTimestamp != nil {
		return nil, nil
	}
	found, made := map[string]string{}, false
	for i := range pod.Spec.ResourceClaims {
		entry := &pod.Spec.ResourceClaims[i]
		name, create, err := handle(v, pod, entry)
		switch {
		case err != nil:
			return actions, fmt.Errorf("PodResourceClaim %s: %w", entry.Name, err)
		case create != nil:
			actions, made = append(actions, CreateClaim{entry.Name, create}), true
		case name != "":
			found[entry.Name], made = name, true
		}
	}
	if made {
		for _, s := range pod.Status.ResourceClaimStatuses {
			if _, anew := found[s.Name]; !anew && s.ResourceClaimName != nil {
				found[s.Name] = *s.ResourceClaimName
			}
		}
		actions = append(actions, NameClaims{found})
	}
	if pod.Spec.NodeName == "" {
		return actions, nil // the scheduler reserves
	}
	return append(actions, reserve(v, pod)...), nil
}

// handle is handleClaim: the name of a claim that is the pod's and does not stand in its
// status, or one to make. It is neither when nothing is to be done.
func handle(v *View, pod *v1.Pod, entry *v1.PodResourceClaim) (string, *resourcev1.ResourceClaim, error) {
	name, checkOwner, err := resourceclaim.Name(pod, entry)
	switch {
	case errors.Is(err, resourceclaim.ErrClaimNotFound):
	case err != nil:
		return "", nil, fmt.Errorf("checking for claim before creating it: %w", err)
	case name == nil:
		return "", nil, nil
	default:
		claim := v.Claim(pod.Namespace, *name)
		if claim != nil && (!checkOwner || resourceclaim.IsForPod(pod, claim, false) == nil) {
			return "", nil, nil
		}
	}
	if entry.ResourceClaimTemplateName == nil {
		return "", nil, nil
	}
	for _, claim := range v.Owned(pod.UID) {
		if claim.Annotations[resourcev1.PodResourceClaimAnnotation] == entry.Name {
			return claim.Name, nil, nil
		}
	}
	template, err := v.Template(pod.Namespace, *entry.ResourceClaimTemplateName)
	if err != nil {
		return "", nil, fmt.Errorf("resource claim template %q: %w", *entry.ResourceClaimTemplateName, err)
	}
	return "", FromTemplate(pod, entry.Name, template), nil
}

// FromTemplate is a pod's claim as it is made from a template.
func FromTemplate(pod *v1.Pod, entry string, template *resourcev1.ResourceClaimTemplate) *resourcev1.ResourceClaim {
	annotations := maps.Clone(template.Spec.Annotations)
	if annotations == nil {
		annotations = map[string]string{}
	}
	annotations[resourcev1.PodResourceClaimAnnotation] = entry
	controls := true
	return &resourcev1.ResourceClaim{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: generateName(pod.Name, entry), Namespace: pod.Namespace,
			OwnerReferences: []metav1.OwnerReference{{APIVersion: "v1", Kind: "Pod", Name: pod.Name, UID: pod.UID,
				Controller: &controls}},
			Annotations: annotations, Labels: template.Spec.Labels,
		},
		Spec: *template.Spec.Spec.DeepCopy(),
	}
}

// generateName cuts both names in proportion where they are too long for five more
// characters.
func generateName(pod, entry string) string {
	name := pod + "-" + entry + "-"
	const longest = 57
	if n := len(name); n > longest {
		name = pod[:len(pod)*longest/n] + "-" + entry[:len(entry)*longest/n]
	}
	return name
}

// reserve reserves the allocated claims of a pod that has a node: one that the scheduler
// did not put there. It ends at one that is not there.
func reserve(v *View, pod *v1.Pod) (actions []Action) {
	for i := range pod.Spec.ResourceClaims {
		entry := &pod.Spec.ResourceClaims[i]
		name, checkOwner, err := resourceclaim.Name(pod, entry)
		if err != nil {
			return actions
		}
		if name == nil {
			continue
		}
		claim := v.Claim(pod.Namespace, *name)
		if claim == nil || checkOwner && resourceclaim.IsForPod(pod, claim, false) != nil {
			return actions
		}
		if toReserve(pod, claim) {
			next := claim.DeepCopy()
			next.Status.ReservedFor = append(slices.Clone(next.Status.ReservedFor),
				resourcev1.ResourceClaimConsumerReference{Resource: "pods", Name: pod.Name, UID: pod.UID})
			actions = append(actions, UpdateStatus{next})
		}
	}
	return actions
}

// IsAction implements Action.
func (CreateClaim) IsAction() {}

// IsAction implements Action.
func (NameClaims) IsAction() {}

// IsAction implements Action.
func (UpdateStatus) IsAction() {}

// IsAction implements Action.
func (Update) IsAction() {}

// IsAction implements Action.
func (DeleteClaim) IsAction() {}
