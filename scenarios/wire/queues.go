package wire

// Queue is a message queue outside the cluster.
type Queue struct {
	Name           string    `yaml:"name" required:"true" doc:"name of the queue, list, topic or subscription"`
	Consumer       Consumer  `yaml:"consumer" required:"true" doc:"the pods that pull its messages, each as many at a time as the concurrency of its service"`
	RedeliverAfter *Duration `yaml:"redeliverAfter" doc:"how long a message stays hidden when its container has died, as SQS' visibility timeout; 0s, at once, when left out"`
}

// Consumer is who pulls.
type Consumer struct {
	Target    string `yaml:"target" required:"true" doc:"Kind/name of a workload"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Container string `yaml:"container" doc:"the container that pulls; the first with a service when left out"`
}
