package deployment

import (
	"context"
	"errors"
	"reflect"
	"time"

	apps "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"
	apiequality "k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/klog/v2"
	deploymentutil "k8s.io/kubernetes/pkg/controller/deployment/util"
)

// errRefused ends a sync at a Refused, errRetry at a Retry.
var (
	errRefused = errors.New("the object has been modified; sync again")
	errRetry   = errors.New("sync again")
)

var kind = apps.SchemeGroupVersion.WithKind("Deployment")

// Sync is one sync of the Deployment controller
// (pkg/controller/deployment/deployment_controller.go, syncDeployment). An
// error names the faults of the view; there are no actions then.
func Sync(v View, now time.Time) ([]Action, error) {
	if err := v.validate(); err != nil {
		return nil, err
	}
	s := &deploymentSync{
		now:     now,
		ctx:     klog.NewContext(context.Background(), silent),
		read:    v.Deployment,
		d:       v.Deployment.DeepCopy(),
		list:    append([]*apps.ReplicaSet(nil), v.ReplicaSets...),
		pods:    v.Pods,
		refused: v.Refused,
		latest:  map[types.UID]*apps.ReplicaSet{},
	}
	s.current = deploymentutil.FindNewReplicaSet(s.d, s.list)
	switch err := s.sync(); {
	case errors.Is(err, errRefused):
		s.do(Refused{})
	case errors.Is(err, errRetry):
		s.do(Retry{})
	case err != nil:
		return nil, err
	}
	return s.actions, nil
}

// deploymentSync is one sync under way.
type deploymentSync struct {
	now  time.Time
	ctx  context.Context
	read *apps.Deployment // as in the cache
	// d is the working copy: upstream sets what it is about to write in it, and
	// goes on with it.
	d       *apps.Deployment
	list    []*apps.ReplicaSet // as in the cache, oldest first
	current *apps.ReplicaSet   // the one of list with the template of d, or nil
	pods    map[types.UID][]*v1.Pod
	actions []Action
	refused map[int]error // as the view has it
	writes  int           // so far

	// written is whether d has been written. Upstream drops the answer with the
	// new resource version, so a second write is a conflict.
	written bool
	// latest is what the API server answered to the last write of a ReplicaSet;
	// a write that begins from anything else is a conflict.
	latest map[types.UID]*apps.ReplicaSet
}

func (s *deploymentSync) do(a Action) { s.actions = append(s.actions, a) }

// write sends a write. It fails the sync with errRetry when the API server is known
// not to take it.
func (s *deploymentSync) write(a Action) error {
	s.do(a)
	s.writes++
	if s.refused[s.writes-1] != nil {
		return errRetry
	}
	return nil
}

func (s *deploymentSync) sync() error {
	d := s.d
	if reflect.DeepEqual(d.Spec.Selector, &metav1.LabelSelector{}) {
		s.event(v1.EventTypeWarning, "SelectingAll",
			"This deployment is selecting all pods. A non-empty selector is required.")
		if d.Status.ObservedGeneration < d.Generation {
			d.Status.ObservedGeneration = d.Generation
			return s.updateStatus()
		}
		return nil
	}
	if d.DeletionTimestamp != nil {
		return s.syncStatusOnly()
	}
	if err := s.checkPausedConditions(); err != nil {
		return err
	}
	if d.Spec.Paused {
		return s.syncScale()
	}
	if rollbackTo(d) != nil {
		return s.rollback()
	}
	scaling, err := s.isScalingEvent()
	if err != nil {
		return err
	}
	if scaling {
		return s.syncScale()
	}
	if d.Spec.Strategy.Type == apps.RecreateDeploymentStrategyType {
		return s.rolloutRecreate()
	}
	return s.rolloutRolling()
}

// updateStatus writes d through the status subresource, which takes
// annotations too (registry/apps/deployment/strategy.go).
func (s *deploymentSync) updateStatus() error {
	if s.written {
		return errRefused
	}
	s.written = true
	o := s.d.DeepCopy()
	if apiequality.Semantic.DeepEqual(o.Annotations, s.read.Annotations) {
		return s.write(UpdateStatus{Deployment: o, Status: o.Status})
	}
	return s.write(UpdateDeployment{Deployment: o})
}

// updateDeployment writes d itself. A change of spec or annotations is a new
// generation (registry/apps/deployment/strategy.go).
func (s *deploymentSync) updateDeployment() error {
	if s.written {
		return errRefused
	}
	s.written = true
	o := s.d.DeepCopy()
	if !apiequality.Semantic.DeepEqual(o.Spec, s.read.Spec) || !apiequality.Semantic.DeepEqual(o.Annotations,
		s.read.Annotations) {
		o.Generation++
	}
	return s.write(UpdateDeployment{Deployment: o})
}

// updateReplicaSet writes next, which began as a copy of base.
func (s *deploymentSync) updateReplicaSet(base, next *apps.ReplicaSet) error {
	if latest, written := s.latest[base.UID]; written && latest != base {
		return errRefused
	}
	s.latest[base.UID] = next
	return s.write(UpdateReplicaSet{ReplicaSet: next, From: *base.Spec.Replicas, To: *next.Spec.Replicas})
}

func (s *deploymentSync) event(eventType, reason, message string) {
	s.do(Event{Type: eventType, Reason: reason, Message: message})
}
