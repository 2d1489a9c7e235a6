package serving

import (
	"time"

	"github.com/kube-rehearse/rehearse/sim/apiserver"
	"github.com/kube-rehearse/rehearse/sim/load"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// QueueKey is the key of a message queue among the keys of Services.
func QueueKey(name string) string { return record.QueueNamespace + "/" + name }

// ExternalKey is the key of what containers call outside the cluster, among
// the keys of Services.
func ExternalKey(name string) string { return "external/" + name }

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

// Queue is the message queue of a name, nil when there is none.
func (v *Serving) Queue(name string) *load.Service {
	for i := range v.options.Queues {
		if key := v.options.Queues[i].Key; key == QueueKey(name) {
			return v.Network.Service(key)
		}
	}
	return nil
}

// pull lets a pod's containers take messages from the queues of its workload.
func (v *Serving) pull(p *apiserver.Pod) {
	for _, q := range v.options.Queues {
		if q.Workload != p.Workload {
			continue
		}
		if i := v.consumer(p, q.Container); i != nil {
			v.Network.Consume(q.Key, i)
		}
	}
}

func (v *Serving) consumer(p *apiserver.Pod, container string) *load.Instance {
	o := p.Object()
	for i := range o.Spec.Containers {
		name := o.Spec.Containers[i].Name
		if instance := v.Instance(p, name); instance != nil && (container == "" || container == name) {
			return instance
		}
	}
	return nil
}
