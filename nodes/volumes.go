package nodes

import (
	_ "embed"
	"sync"
)

// volumesCSV has how many volumes a machine takes besides its root disk. Sources, as of
// their commits: kubernetes-sigs/aws-ebs-csi-driver 429e202e, pkg/cloud/limits (less the
// root disk; network interfaces beyond the first take more where the limit is shared),
// azuredisk-csi-driver d983d613b, pkg/azuredisk/azure_dd_max_disk_count.go, and
// gcp-compute-persistent-disk-csi-driver b560165c, pkg/gce-pd-csi-driver/node.go.
//
//go:embed volumes.csv
var volumesCSV string

// Volumes that types take which the table lacks: the drivers' own defaults.
const (
	awsVolumes = 26
	gcpVolumes = 127
)

var volumeLimits = sync.OnceValue(func() map[string]int32 {
	limits := map[string]int32{}
	for _, row := range table(volumesCSV) {
		limits[row["provider"]+"/"+row["type"]] = int32(row.integer("volumes"))
	}
	return limits
})

// VolumeLimit is the CSI driver of a provider's disks and how many volumes of it a machine
// takes, beside its root disk; 0 when nobody knows.
func (s Shape) VolumeLimit() (driver string, volumes int32) {
	volumes = volumeLimits()[s.Name()]
	switch s.Provider {
	case "aws":
		driver = "ebs.csi.aws.com"
		if volumes == 0 {
			volumes = awsVolumes
		}
	case "gcp":
		driver = "pd.csi.storage.gke.io"
		if volumes == 0 {
			volumes = gcpVolumes
		}
	case "azure":
		driver = "disk.csi.azure.com"
	}
	return driver, volumes
}
