package nodelifecycle

import (
	v1 "k8s.io/api/core/v1"
)

// zoneState is how much of a zone is Ready (ZoneState).
type zoneState int

const (
	initial zoneState = iota
	normal
	partialDisruption
	fullDisruption
)

// stateOf judges a zone by the Ready conditions of its nodes, nil for a node
// without (ComputeZoneState).
func (c *Config) stateOf(ready []*v1.NodeCondition) zoneState {
	up, down := 0, 0
	for _, r := range ready {
		if r != nil && r.Status == v1.ConditionTrue {
			up++
		} else {
			down++
		}
	}
	switch {
	case up == 0 && down > 0:
		return fullDisruption
	case down > 2 && float32(down)/float32(down+up) >= c.UnhealthyZoneThreshold:
		return partialDisruption
	}
	return normal
}

// rate is how many nodes a second get a NoExecute taint in a zone of some size
// (setLimiterInZone). A zone that is down as a whole has the full rate: its
// nodes are likely dead, and not cut off.
func (c *Config) rate(state zoneState, size int) float32 {
	switch {
	case state != partialDisruption:
		return c.NodeEvictionRate
	case size > int(c.LargeClusterSizeThreshold):
		return c.SecondaryNodeEvictionRate
	}
	return 0
}
