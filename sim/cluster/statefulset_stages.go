package cluster

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

// stages are the actions of a sync as the controller's workers carry them out:
// one after the other, but with the policy Parallel pods are made, and then those
// beyond the size deleted, in batches of 1, 2, 4 … of all that there are to be
// (stateful_set_control.go, runForAll).
func (ss *statefulSet) stages(actions []statefulset.Action) []stage {
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

// batches are stages of pods that are made. The controller goes through all
// ordinals and finds most pods there.
func (ss *statefulSet) batches(made stage) (list []stage) {
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

// series takes what stands at the head of the actions and may run side by side:
// for each pod its claims and the events about them, and what is done to the pod.
func (ss *statefulSet) series(actions []statefulset.Action, does func(statefulset.Action) bool) (run stage, n int) {
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

func (ss *statefulSet) makes(a statefulset.Action) bool {
	_, is := a.(statefulset.CreatePod)
	return is
}

func (ss *statefulSet) condemns(a statefulset.Action) bool {
	d, is := a.(statefulset.DeletePod)
	return is && ss.condemned(d.Pod)
}

// ordinalOf is the number at the end of a StatefulSet's pod's name.
func ordinalOf(o *v1.Pod) int {
	n, err := strconv.Atoi(o.Name[strings.LastIndexByte(o.Name, '-')+1:])
	if err != nil {
		return -1
	}
	return n
}
