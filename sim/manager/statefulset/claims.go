package statefulset

import (
	"slices"

	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// A StatefulSet knows the claims that its controller has made for it, with the
// owners that its retention policy gives them. It makes the claims of an earlier
// StatefulSet of its name anew. Their volumes stay, see apiserver/claims.go.

func (ss *state) createClaim(claim *v1.PersistentVolumeClaim) {
	if err := ss.c.CreateClaim(claim, ss.key); err != nil {
		ss.refused = true
		return
	}
	ss.claims = append(slices.Clone(ss.claims), claim)
}

// updateClaim keeps the owners of a claim, by which it goes. Nobody else looks at
// them.
func (ss *state) updateClaim(claim *v1.PersistentVolumeClaim) {
	named := func(c *v1.PersistentVolumeClaim) bool { return c.Name == claim.Name }
	if i := slices.IndexFunc(ss.claims, named); i >= 0 {
		ss.claims = slices.Clone(ss.claims)
		ss.claims[i] = claim
	}
}

// collectClaims does the garbage collector's part: claims go with the pod or the
// StatefulSet that the retention policy made their owner.
func (ss *state) collectClaims(gone types.UID) {
	owner := func(ref metav1.OwnerReference) bool { return ref.UID == gone }
	ss.claims = slices.DeleteFunc(slices.Clone(ss.claims), func(claim *v1.PersistentVolumeClaim) bool {
		owned := slices.ContainsFunc(claim.OwnerReferences, owner)
		if owned {
			ss.c.DeleteClaim(claim.Namespace, claim.Name)
		}
		return owned
	})
}
