package statefulset

import (
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	defaults "k8s.io/kubernetes/pkg/apis/apps/v1"
)

// A sync whose revision the API server refuses makes no pod and writes no status.
// It still deletes the revisions that no pod has beyond the limit.
func TestARevisionThatIsRefused(t *testing.T) {
	for _, policy := range []apps.PodManagementPolicyType{apps.OrderedReadyPodManagement, apps.ParallelPodManagement} {
		labels, limit := map[string]string{"app": "web"}, int32(1)
		set := &apps.StatefulSet{
			ObjectMeta: metav1.ObjectMeta{Namespace: "default", Name: "web", UID: "u"},
			Spec: apps.StatefulSetSpec{
				PodManagementPolicy: policy, RevisionHistoryLimit: &limit,
				Selector: &metav1.LabelSelector{MatchLabels: labels},
				Template: v1.PodTemplateSpec{
					ObjectMeta: metav1.ObjectMeta{Labels: labels},
					Spec:       v1.PodSpec{Containers: []v1.Container{{Name: "c", Image: "new"}}},
				},
			},
		}
		defaults.SetObjectDefaults_StatefulSet(set)
		v := View{StatefulSet: set}
		for i := range 3 {
			r := &apps.ControllerRevision{ObjectMeta: metav1.ObjectMeta{
				Namespace: "default", Name: fmt.Sprint("old-", i), UID: types.UID(fmt.Sprint("r", i)), Labels: labels,
				OwnerReferences: []metav1.OwnerReference{
					*metav1.NewControllerRef(set, apps.SchemeGroupVersion.WithKind("StatefulSet"))},
			}, Revision: int64(i + 1)}
			r.Data.Raw = fmt.Appendf(nil, `{"spec":{"template":{"spec":{"containers":[{"name":"c","image":"%d"}]}}}}`, i)
			v.Revisions = append(v.Revisions, r)
		}
		now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
		taken, err := Sync(v, now)
		require.NoError(t, err)
		require.IsType(t, CreateRevision{}, taken[0])
		makesPods := func(a Action) bool { _, is := a.(CreatePod); return is }
		require.True(t, slices.ContainsFunc(taken, makesPods))

		v.Refused = errors.New("exceeded quota")
		actions, err := Sync(v, now)
		require.NoError(t, err)
		require.Equal(t, taken[0], actions[0])
		require.Len(t, actions, 3)
		for i, a := range actions[1:] {
			require.Equal(t, fmt.Sprint("old-", i), a.(DeleteRevision).Revision.Name)
		}
	}
}
