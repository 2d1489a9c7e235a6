package upstream

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// NodeReason is one part of the scheduler's message: why Nodes nodes do not
// take the pod.
type NodeReason struct {
	Nodes  int
	Reason string
}

var (
	// fitError is the head of the message of framework.FitError.Error in
	// k8s.io/kubernetes/pkg/scheduler/framework/types.go.
	fitError  = regexp.MustCompile(`^\d+/\d+ nodes are available: `)
	reasonEnd = regexp.MustCompile(`, (?:\d+ )`)
	counted   = regexp.MustCompile(`^(\d+) (.+)$`)
)

// exceeded is a ResourceQuota's refusal (CheckRequest in
// k8s.io/apiserver/pkg/admission/plugin/resourcequota/controller.go), up to the
// first resource.
var exceeded = regexp.MustCompile(`exceeded quota: ([^,]+), requested: ([^=]+)=`)

// SchedulingGated is the message of a pod with scheduling gates, which the strategy of
// pods sets (k8s.io/kubernetes/pkg/registry/core/pod/strategy.go).
const SchedulingGated = "Scheduling is blocked due to non-empty scheduling gates"

// NodeReasons takes a FitError's message apart; nil if it is none. What comes
// after the nodes (preemption, resource claims) is left out.
func NodeReasons(message string) []NodeReason {
	head := fitError.FindString(message)
	if head == "" {
		return nil
	}
	list, _, _ := strings.Cut(message[len(head):], ". ")
	list = strings.TrimSuffix(list, ".")
	var reasons []NodeReason
	for list != "" {
		part := list
		if at := reasonEnd.FindStringIndex(list); at != nil {
			part, list = list[:at[0]], list[at[0]+2:]
		} else {
			list = ""
		}
		if m := counted.FindStringSubmatch(part); m != nil {
			n, err := strconv.Atoi(m[1])
			if err == nil {
				reasons = append(reasons, NodeReason{n, m[2]})
			}
		}
	}
	return reasons
}

// shortReasons are the scheduler's sentences in the words of the manifest.
var shortReasons = []struct{ start, short string }{
	{"Too many pods", "pods per node"},
	{"node(s) didn't match Pod's node affinity/selector", "node affinity/selector"},
	{"node(s) didn't satisfy plugin(s) [NodeAffinity]", "node affinity/selector"},
	{"node(s) didn't match pod anti-affinity rules", "pod anti-affinity"},
	{"node(s) didn't satisfy existing pods anti-affinity rules", "pod anti-affinity"},
	{"node(s) didn't match pod affinity rules", "pod affinity"},
	{"node(s) didn't match pod topology spread constraints", "topology spread"},
	{"node(s) had untolerated taint", "taints"},
	{"node(s) were unschedulable", "cordoned nodes"},
	{"node(s) didn't have free ports", "host ports"},
	{"node(s) didn't match PersistentVolume's node affinity", "volume node affinity"},
	{NoDevices, NoDevicesLeft},
}

// Binding is what a scheduler's message comes down to: "memory",
// "nvidia.com/gpu, taints". What the pod lacks stands before what keeps it
// away. Other messages are returned as they are.
func Binding(message string) string {
	if m := exceeded.FindStringSubmatch(message); m != nil {
		return m[2] + " in ResourceQuota " + m[1]
	}
	reasons := NodeReasons(message)
	if kind, name, is := MissingDevices(message); is {
		return kind + " " + name
	}
	switch {
	case strings.Contains(message, "ResourceClaim not created yet"): // dynamic-resource-allocation/resourceclaim
		return "ResourceClaims"
	case strings.HasPrefix(message, "no nodes available"): // scheduler.ErrNoNodesAvailable
		return "nodes"
	case reasons == nil:
		return message
	}
	var lacks, away []string
	for _, r := range reasons {
		if resource, ok := strings.CutPrefix(r.Reason, "Insufficient "); ok {
			if !slices.Contains(lacks, resource) {
				lacks = append(lacks, resource)
			}
		} else if short := ShortReason(r.Reason); !slices.Contains(away, short) {
			away = append(away, short)
		}
	}
	return strings.Join(append(lacks, away...), ", ")
}

// ShortReason is a reason of the scheduler in the words of the manifest.
func ShortReason(reason string) string {
	for _, s := range shortReasons {
		if strings.HasPrefix(reason, s.start) {
			return s.short
		}
	}
	return reason
}
