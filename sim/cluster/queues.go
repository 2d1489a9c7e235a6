package cluster

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim/load"
)

// QueueKey is the key of a message queue among the keys of Services.
func QueueKey(name string) string { return "queue/" + name }

// Queue is messages outside the cluster that the pods of a workload pull: as
// many at a time as the concurrency of their server.
type Queue struct {
	// Key is QueueKey of its name.
	Key string
	// Workload is the key of the workload that pulls, Container the one that does;
	// empty is the first that serves.
	Workload, Container string
	// Redeliver is how long a message of a container that died stays hidden.
	Redeliver time.Duration
}

func (w *World) addQueues() {
	for _, q := range w.spec.Queues {
		w.network.Queue(q.Key, q.Redeliver)
	}
}

func (w *World) queue(name string) (*Queue, bool) {
	for i := range w.spec.Queues {
		if q := &w.spec.Queues[i]; q.Key == QueueKey(name) {
			return q, true
		}
	}
	return nil, false
}

// pull lets a pod's containers take messages from the queues of its workload.
func (p *pod) pull() {
	for _, q := range p.world.spec.Queues {
		if q.Workload != p.workload {
			continue
		}
		if i := p.consumer(q.Container); i != nil {
			p.world.network.Consume(q.Key, i)
		}
	}
}

func (p *pod) consumer(container string) *load.Instance {
	for i := range p.api.Spec.Containers {
		name := p.api.Spec.Containers[i].Name
		if instance := p.servers[name]; instance != nil && (container == "" || container == name) {
			return instance
		}
	}
	return nil
}

// stopPulling ends it with the pod.
func (p *pod) stopPulling() {
	for i := range p.api.Spec.Containers {
		if instance := p.servers[p.api.Spec.Containers[i].Name]; instance != nil {
			instance.Leave()
		}
	}
}
