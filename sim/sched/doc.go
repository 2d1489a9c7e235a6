// Package sched runs the scheduler of Kubernetes 1.37 in virtual time: its
// scheduling queue, its cache, its plugins and its event handlers are
// upstream's code, called from one goroutine.
//
// Reading order: scheduler.go (what is built), objects.go (how the cluster's
// objects reach it), cycle.go (one scheduling cycle), bind.go (what follows
// it), flush.go (what upstream does by timer), headroom.go (how many more
// copies would fit), headroom_nodes.go (the same node by node, where that is
// no different), spread.go and census.go (scores that upstream computes anew
// for each pod), classes.go and scores.go (what plugins say of a node, kept
// for pods that are alike). The rest replaces what upstream leaves to chance or to the
// network: clock.go, informer.go, effects.go, preemption.go, profile.go,
// gates.go.
//
// The caller owns the objects. It hands over a new copy for every change and
// never mutates one that it handed over. What the scheduler wants done to the
// cluster comes back in a Result.
//
// Not run, because they talk to an API server and wait for it: PreBind, Bind
// and PostBind plugins, and waiting at Permit. HTTP extenders are refused. Of
// VolumeBinding's PreBind runs what it writes (volumes.go); the caller waits for the
// volumes in its place.
//
// Left to chance, because it can't be reached from outside: which of more than
// 100 nodes are examined for a pod that names them all by metadata.name, and
// which of several out-of-tree PreEnqueue plugins is seen to gate a pod.
package sched
