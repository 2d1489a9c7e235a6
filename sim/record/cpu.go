package record

// ContainerCPU is how a container used its CPU over its whole life, with all
// restarts. It is written with ContainerMemory.
type ContainerCPU struct {
	At
	Pod       string `json:"pod"`
	Container string `json:"container"`
	Owner     string `json:"owner"`
	// Request and Limit are in cores, 0 is none.
	Request float64 `json:"request"`
	Limit   float64 `json:"limit"`
	// Running is in seconds, Seconds in core-seconds.
	Running float64 `json:"running"`
	Seconds float64 `json:"seconds"`
	// Periods and ThrottledPeriods are container_cpu_cfs_periods_total and
	// container_cpu_cfs_throttled_periods_total; Throttled is for how many
	// seconds it had work and might not run.
	Periods          int64   `json:"periods"`
	ThrottledPeriods int64   `json:"throttledPeriods"`
	Throttled        float64 `json:"throttled"`
}

func (ContainerCPU) Kind() string { return "container-cpu" }
