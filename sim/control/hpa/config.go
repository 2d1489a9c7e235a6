package hpa

import "time"

// Config is the flags --horizontal-pod-autoscaler-… of kube-controller-manager.
type Config struct {
	SyncPeriod              time.Duration // -sync-period
	DownscaleStabilization  time.Duration // -downscale-stabilization
	CPUInitializationPeriod time.Duration // -cpu-initialization-period
	InitialReadinessDelay   time.Duration // -initial-readiness-delay
	Tolerance               float64       // -tolerance, a fraction
}

// DefaultConfig is what the flags default to
// (pkg/controller/podautoscaler/config/v1alpha1/defaults.go).
func DefaultConfig() Config {
	return Config{
		SyncPeriod:              15 * time.Second,
		DownscaleStabilization:  5 * time.Minute,
		CPUInitializationPeriod: 5 * time.Minute,
		InitialReadinessDelay:   30 * time.Second,
		Tolerance:               0.1,
	}
}
