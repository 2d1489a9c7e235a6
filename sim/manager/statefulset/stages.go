package statefulset

import (
	"strconv"
	"strings"

	appsv1 "k8s.io/api/apps/v1"
	v1 "k8s.io/api/core/v1"

	"github.com/kube-rehearse/rehearse/sim/control"
	"github.com/kube-rehearse/rehearse/sim/control/statefulset"
)

// stage is series of actions that run side by side; the next stage begins when
// all have ended.
type stage [][]statefulset.Action

// stages divides the actions of a sync as the controller's workers carry them
// out: one after the other. With the policy Parallel, pods are made in batches of
// 1, 2, 4 … of all that there are to be, and then those beyond the size are
// deleted in such batches (stateful_set_control.go, runForAll).
func (ss *state) stages(actions []statefulset.Action) []stage {
	if ss.api.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
		return []stage{{actions}}
	}
	var list []stage
	for len(actions) > 0 {
		made, n := ss.series(actions, ss.makes)
		if n > 0 {
			list = append(list, ss.batches(made)...)
			actions = actions[n:]
			continue
		}
		deleted, n := ss.series(actions, ss.condemns)
		if n > 0 {
			for _, size := range control.SlowStartBatches(len(deleted)) {
				list = append(list, deleted[:size])
				deleted = deleted[size:]
			}
			actions = actions[n:]
			continue
		}
		list = append(list, stage{actions[:1]})
		actions = actions[1:]
	}
	return list
}

// batches divides the pods that are made into stages. The controller goes through
// all ordinals and finds most pods there, so a batch may make fewer than its size.
func (ss *state) batches(made stage) (list []stage) {
	next := ss.firstOrdinal()
	for _, size := range control.SlowStartBatches(int(*ss.api.Spec.Replicas)) {
		next += size
		n := 0
		for n < len(made) && ordinalOf(made[n][len(made[n])-1].(statefulset.CreatePod).Pod) < next {
			n++
		}
		if n > 0 {
			list = append(list, made[:n])
			made = made[n:]
		}
	}
	return list
}

// series takes from the head of the actions what may run side by side: for each
// pod its claims and the events about them, and then what is done to the pod, as
// long as does holds for that. n is how many actions it took.
func (ss *state) series(actions []statefulset.Action, does func(statefulset.Action) bool) (run stage, n int) {
	for i, a := range actions {
		switch a.(type) {
		case statefulset.CreateClaim, statefulset.UpdateClaim, statefulset.Event:
			continue
		}
		if !does(a) {
			return run, n
		}
		run = append(run, actions[n:i+1])
		n = i + 1
	}
	return run, n
}

func (ss *state) makes(a statefulset.Action) bool {
	_, is := a.(statefulset.CreatePod)
	return is
}

func (ss *state) condemns(a statefulset.Action) bool {
	d, is := a.(statefulset.DeletePod)
	return is && ss.condemned(d.Pod)
}

func (ss *state) firstOrdinal() int {
	if ss.api.Spec.Ordinals != nil {
		return int(ss.api.Spec.Ordinals.Start)
	}
	return 0
}

// condemned reports whether a pod's ordinal is out of range.
func (ss *state) condemned(o *v1.Pod) bool {
	first, ordinal := ss.firstOrdinal(), ordinalOf(o)
	return ordinal < first || ordinal >= first+int(*ss.api.Spec.Replicas)
}

// ordinalOf is the number at the end of a StatefulSet's pod's name, -1 when there
// is none.
func ordinalOf(o *v1.Pod) int {
	n, err := strconv.Atoi(o.Name[strings.LastIndexByte(o.Name, '-')+1:])
	if err != nil {
		return -1
	}
	return n
}
