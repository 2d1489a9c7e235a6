package manager

import (
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/kubernetes/pkg/controller/apis/config"
	"k8s.io/kubernetes/pkg/controller/apis/config/scheme"
)

func TestDefaultsAreThoseOfUpstream(t *testing.T) {
	versioned, err := scheme.Scheme.New(schema.GroupVersionKind{Group: config.GroupName, Version: "v1alpha1",
		Kind: "KubeControllerManagerConfiguration"})
	require.NoError(t, err)
	scheme.Scheme.Default(versioned)
	var c config.KubeControllerManagerConfiguration
	require.NoError(t, scheme.Scheme.Convert(versioned, &c, nil))
	require.Equal(t, Config{QPS: float64(c.Generic.ClientConnection.QPS), Burst: int(c.Generic.ClientConnection.Burst),
		Workers: Workers{
			Deployment:  int(c.DeploymentController.ConcurrentDeploymentSyncs),
			ReplicaSet:  int(c.ReplicaSetController.ConcurrentRSSyncs),
			StatefulSet: int(c.StatefulSetController.ConcurrentStatefulSetSyncs),
			DaemonSet:   int(c.DaemonSetController.ConcurrentDaemonSetSyncs),
			Job:         int(c.JobController.ConcurrentJobSyncs), CronJob: int(c.CronJobController.ConcurrentCronJobSyncs),
			GC:                      int(c.GarbageCollectorController.ConcurrentGCSyncs),
			ResourceQuota:           int(c.ResourceQuotaController.ConcurrentResourceQuotaSyncs),
			TTLAfterFinished:        int(c.TTLAfterFinishedController.ConcurrentTTLSyncs),
			Disruption:              int(c.DisruptionController.ConcurrentDisruptionSyncs),
			HorizontalPodAutoscaler: int(c.HPAController.ConcurrentHorizontalPodAutoscalerSyncs),
			ServiceEndpoint:         int(c.EndpointSliceController.ConcurrentServiceEndpointSyncs),
			EphemeralVolume:         int(c.EphemeralVolumeController.ConcurrentEphemeralVolumeSyncs),
			ResourceClaim:           int(c.ResourceClaimController.ConcurrentSyncs),
		}}, DefaultConfig())
}
