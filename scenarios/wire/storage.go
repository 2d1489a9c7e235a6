package wire

// Storage is what the cluster has for volumes. StorageClasses, PersistentVolumes and
// CSIDrivers of one's own stand among the manifests.
type Storage struct {
	Classes      string        `yaml:"classes" doc:"the StorageClasses of a new cluster of eks, gke, aks or kind, or none; those of the machines' provider when left out"`
	DefaultClass *string       `yaml:"defaultClass" doc:"the StorageClass of claims that name none, \"\" for no such; the one that its annotation says when left out"`
	Provision    *DurationDist `yaml:"provision" doc:"from a driver's turn until a volume is made; lognormal(2s, 10s) when left out"`
	Delete       *DurationDist `yaml:"delete" doc:"until a volume that nobody claims any more is deleted; lognormal(2s, 10s) when left out"`
	Attach       *DurationDist `yaml:"attach" doc:"until a machine has a volume; lognormal(5s, 20s) when left out"`
	Detach       *DurationDist `yaml:"detach" doc:"until a machine has a volume no more; lognormal(5s, 20s) when left out"`
	Mount        *DurationDist `yaml:"mount" doc:"until a pod has a volume that its machine has; lognormal(300ms, 2s) when left out"`
	Drivers      []CSIDriver   `yaml:"drivers" doc:"drivers that are installed, besides well-known ones and those with a CSIDriver object"`
}

// CSIDriver is what is to be known of a driver.
type CSIDriver struct {
	Name     string `yaml:"name" doc:"as StorageClasses name it: their provisioner" required:"true"`
	Topology string `yaml:"topology" doc:"the label of the machines that reach a volume, e.g. topology.kubernetes.io/zone or kubernetes.io/hostname; all machines when left out"`
	Attach   *bool  `yaml:"attachRequired" doc:"volumes are attached to a machine before they are mounted; true when left out"`
	Limit    *int   `yaml:"limit" doc:"volumes that a machine can have; no limit when left out"`
}
