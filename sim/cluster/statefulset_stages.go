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
// one after the other, but with the policy Parallel pods are made, and those
// beyond the size deleted, in batches of 1, 2, 4 …
// (stateful_set_control.go, runForAll).
func (ss *statefulSet) stages(actions []statefulset.Action) []stage {
	if ss.api.Spec.PodManagementPolicy != appsv1.ParallelPodManagement {
		return []stage{{actions}}
	}
	var list []stage
	for len(actions) > 0 {
		run, n := ss.series(actions)
		if len(run) == 0 {
			list = append(list, stage{actions[:1]})
			actions = actions[1:]
			continue
		}
		for _, size := range control.SlowStartBatches(len(run)) {
			list = append(list, run[:size])
			run = run[size:]
		}
		actions = actions[n:]
	}
	return list
}

// series takes what stands at the head of the actions and may run side by
// side: for each pod its claims, the pod itself and the events about them.
func (ss *statefulSet) series(actions []statefulset.Action) (run stage, n int) {
	begin := 0
	for i, a := range actions {
		switch a := a.(type) {
		case statefulset.CreateClaim, statefulset.UpdateClaim, statefulset.Event:
			continue
		case statefulset.CreatePod:
		case statefulset.DeletePod:
			if !ss.condemned(a.Pod) {
				return run, begin
			}
		default:
			return run, begin
		}
		run = append(run, actions[begin:i+1])
		begin = i + 1
	}
	return run, begin
}

// ordinalOf is the number at the end of a StatefulSet's pod's name.
func ordinalOf(o *v1.Pod) int {
	n, err := strconv.Atoi(o.Name[strings.LastIndexByte(o.Name, '-')+1:])
	if err != nil {
		return -1
	}
	return n
}
