package record

// ContainerModel is what the model server of a container did in its whole
// life. It is written with ContainerMemory.
type ContainerModel struct {
	At
	Pod       string  `json:"pod"`
	Container string  `json:"container"`
	Owner     string  `json:"owner"`
	Running   float64 `json:"running"` // seconds
	// Busy is for how many seconds it worked on something.
	Busy float64 `json:"busy"`
	// PromptTokens counts those computed, CachedTokens those found in the
	// cache, OutputTokens those of answers.
	PromptTokens int64 `json:"promptTokens"`
	CachedTokens int64 `json:"cachedTokens"`
	OutputTokens int64 `json:"outputTokens"`
	// Preemptions counts requests that had to begin again for lack of blocks.
	Preemptions int64 `json:"preemptions"`
	// CachePeak is the largest part of the KV cache in use.
	CachePeak float64 `json:"cachePeak"`
}

func (ContainerModel) Kind() string { return "container-model" }
