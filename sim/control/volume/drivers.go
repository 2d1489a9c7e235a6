package volume

// A DriverRow is what is known of a CSI driver.
type DriverRow struct {
	// Topology is which machines reach its volumes.
	Topology Topology
	// Attaches says that a volume is attached to a machine before it is mounted there
	// (CSIDriver.spec.attachRequired).
	Attaches bool
}

// drivers are those that provision without being described, by their names. Sources: the
// drivers' CSIDriver objects and what they say of topologies.
var drivers = map[string]DriverRow{
	"ebs.csi.aws.com":                               {Zonal, true},
	"ebs.csi.eks.amazonaws.com":                     {Zonal, true}, // EKS Auto Mode
	"pd.csi.storage.gke.io":                         {Zonal, true},
	"disk.csi.azure.com":                            {Zonal, true},
	"cinder.csi.openstack.org":                      {Zonal, true},
	"csi.vsphere.vmware.com":                        {Everywhere, true},
	"csi.hetzner.cloud":                             {Everywhere, true},
	"dobs.csi.digitalocean.com":                     {Everywhere, true},
	"linodebs.csi.linode.com":                       {Everywhere, true},
	"driver.longhorn.io":                            {Everywhere, true},
	"rook-ceph.rbd.csi.ceph.com":                    {Everywhere, true},
	"rbd.csi.ceph.com":                              {Everywhere, true},
	"rook-ceph.cephfs.csi.ceph.com":                 {Everywhere, false},
	"cephfs.csi.ceph.com":                           {Everywhere, false},
	"efs.csi.aws.com":                               {Everywhere, false},
	"fsx.csi.aws.com":                               {Everywhere, false},
	"s3.csi.aws.com":                                {Everywhere, false},
	"filestore.csi.storage.gke.io":                  {Everywhere, false},
	"gcsfuse.csi.storage.gke.io":                    {Everywhere, false},
	"file.csi.azure.com":                            {Everywhere, false},
	"blob.csi.azure.com":                            {Everywhere, false},
	"nfs.csi.k8s.io":                                {Everywhere, false},
	"smb.csi.k8s.io":                                {Everywhere, false},
	"rancher.io/local-path":                         {Local, false},
	"openebs.io/local":                              {Local, false},
	"local.csi.openebs.io":                          {Local, false},
	"topolvm.io":                                    {Local, false},
	"microk8s.io/hostpath":                          {Local, false},
	"k8s.io/minikube-hostpath":                      {Local, false},
	"docker.io/hostpath":                            {Local, false},
	"hostpath.csi.k8s.io":                           {Local, true},
	"cluster.local/nfs-subdir-external-provisioner": {Everywhere, false},
}

// Known is what is known of a driver.
func Known(driver string) (row DriverRow, known bool) {
	row, known = drivers[driver]
	return row, known
}
