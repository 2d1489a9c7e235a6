package wire

// Workload is how the containers of some pods behave.
type Workload struct {
	Target         string        `yaml:"target" doc:"Kind/name of the pods' controller, Pod/name for a bare pod, or * for all" required:"true"`
	Namespace      string        `yaml:"namespace" doc:"every namespace when left out"`
	Container      string        `yaml:"container" doc:"name of the container; every one when left out"`
	Indexes        string        `yaml:"indexes" doc:"of an Indexed Job, or one of a CronJob: completion indexes of the pods, e.g. 1,3-5; every one when left out"`
	Preset         string        `yaml:"preset" doc:"fastapi-agent, vllm or rag-worker: what is left out here is taken from there"`
	Image          Image         `yaml:"image" doc:"the image"`
	Start          *DurationDist `yaml:"start" doc:"from process start until the server listens, without the model"`
	Model          *Model        `yaml:"model" doc:"weights that are loaded before the server listens"`
	Memory         Memory        `yaml:"memory" doc:"working set: base + perRequest × requests in flight + leaks"`
	CPU            CPU           `yaml:"cpu" doc:"use without requests"`
	Runs           *DurationDist `yaml:"runs" doc:"how long the process works, after its start, before it ends by itself; for ever when left out"`
	FailureRate    *Share        `yaml:"failureRate" doc:"with runs or cpu.run: probability that the process fails; it then exits with exitCode, 1 when left out, else with 0"`
	ExitCode       int           `yaml:"exitCode" doc:"exit code of a process that ends by itself"`
	OnTerminate    string        `yaml:"onTerminate" doc:"at SIGTERM: drain (finish what is in flight, the default), exit, or ignore"`
	UnhealthyAfter *Duration     `yaml:"unhealthyAfter" doc:"health checks fail from this age of the process on"`
	Service        *Server       `yaml:"service" doc:"how it works on requests"`
}

// Image is a container image.
type Image struct {
	Size *Size `yaml:"size" doc:"compressed size; 0 is on every node already"`
}

// Model is the weights of a model.
type Model struct {
	Size      *Size         `yaml:"size" doc:"bytes to load"`
	Bandwidth *SizeRate     `yaml:"bandwidth" doc:"how fast they load, e.g. 320Mi/s"`
	Load      *DurationDist `yaml:"load" doc:"the whole loading time, instead of size and bandwidth"`
}

// Memory is the working set of a container.
type Memory struct {
	Base           *Size     `yaml:"base" doc:"after the start"`
	PerRequest     *Size     `yaml:"perRequest" doc:"for each request in flight"`
	Leak           *SizeRate `yaml:"leak" doc:"growth over time, e.g. 30Mi/h"`
	LeakPerRequest *Size     `yaml:"leakPerRequest" doc:"growth with each request served"`
	StartupPeak    *Size     `yaml:"startupPeak" doc:"on top of base until the server listens, e.g. weights on their way to the GPU"`
	Retain         *Share    `yaml:"retain" doc:"part of the most that requests and sessions have held that the allocator keeps; 0 when left out"`
	Cache          *Cache    `yaml:"cache" doc:"a cache that requests fill"`
	Bursts         *Bursts   `yaml:"bursts" doc:"allocations that come and go by themselves"`
}

// Cache is a cache that requests fill.
type Cache struct {
	PerRequest *Size `yaml:"perRequest" required:"true" doc:"what each request served leaves there"`
	Max        *Size `yaml:"max" required:"true" doc:"the most it holds"`
}

// Bursts are allocations that come and go by themselves.
type Bursts struct {
	Every *DurationDist `yaml:"every" required:"true" doc:"time from one to the next, e.g. exponential(10m)"`
	Size  *SizeDist     `yaml:"size" required:"true" doc:"bytes, e.g. lognormal(50Mi, 800Mi)"`
	Lasts *DurationDist `yaml:"lasts" required:"true" doc:"how long it is held"`
}

// CPU is what a container computes besides its requests.
type CPU struct {
	Idle         *Cores        `yaml:"idle" doc:"steady use without requests in cores, e.g. 20m"`
	Start        *DurationDist `yaml:"start" doc:"core-seconds that the start takes; with too little CPU it takes longer than start says"`
	StartThreads *int          `yaml:"startThreads" doc:"how many threads the start uses; 1 when left out"`
	Probe        *Duration     `yaml:"probe" doc:"core-seconds in which a probe is answered; at once when left out"`
	Run          *DurationDist `yaml:"run" doc:"core-seconds that the process computes before it ends by itself; with runs it ends when both have passed"`
	RunThreads   *int          `yaml:"runThreads" doc:"how many threads run uses; 1 when left out"`
	Threads      *int          `yaml:"threads" doc:"how many threads can run at the same time: 1 for Python's lock, or GOMAXPROCS; no limit when left out"`
}

// Server is how a container works on requests.
type Server struct {
	Time        *DurationDist `yaml:"time" doc:"service time of a request, without queueing; one of time and steps is given"`
	Steps       []WorkStep    `yaml:"steps" doc:"what a request does, one after the other"`
	Concurrency *int          `yaml:"concurrency" doc:"requests worked on at once; 0 is no limit; 32 when left out"`
	Queue       *int          `yaml:"queue" doc:"requests that may wait beyond that; -1 is no limit; 128 when left out"`
	CPU         *Cores        `yaml:"cpu" doc:"with time: cores that a request keeps busy on average when it gets all the CPU it wants"`
	Model       *ModelServer  `yaml:"llm" doc:"a model that answers prompts, as vLLM serves one"`
	Sessions    *SessionState `yaml:"sessions" doc:"what a container keeps of a session between its requests"`
}

// SessionState is what a container keeps of a session.
type SessionState struct {
	Memory  *Size     `yaml:"memory" doc:"of each session, from its first request in the container on"`
	PerTurn *Size     `yaml:"perTurn" doc:"more with each of its requests"`
	Timeout *Duration `yaml:"timeout" doc:"dropped after so long without a request; never when left out"`
}

// ModelServer is a model on GPUs, with vLLM's flags.
type ModelServer struct {
	Model                string   `yaml:"model" required:"true" doc:"llama-3.1-8b, llama-3.1-70b, llama-2-70b, qwen2.5-7b, mistral-7b or bloom-176b"`
	GPU                  string   `yaml:"gpu" required:"true" doc:"a100-80gb, h100-80gb, l40s, l4, a10g or t4; of a MIG slice with its profile, e.g. a100-80gb/3g.40gb"`
	TensorParallel       *int     `yaml:"tensor-parallel-size" doc:"GPUs that each layer is split over; those the container asks for when left out"`
	GPUMemoryUtilization *float64 `yaml:"gpu-memory-utilization" doc:"0.9 when left out"`
	MaxNumSeqs           *int     `yaml:"max-num-seqs" doc:"256 when left out"`
	MaxNumBatchedTokens  *int     `yaml:"max-num-batched-tokens" doc:"2048 when left out"`
	MaxModelLen          *int     `yaml:"max-model-len" doc:"what the cache holds when left out"`
	PrefixCaching        *bool    `yaml:"enable-prefix-caching" doc:"true when left out; in units of 512 tokens"`
}
