package wire

// Workload is how the containers of some pods behave.
type Workload struct {
	Target         string        `yaml:"target" doc:"Kind/name of the pods' controller, Pod/name for a bare pod, or * for all" required:"true"`
	Namespace      string        `yaml:"namespace" doc:"every namespace when left out"`
	Container      string        `yaml:"container" doc:"name of the container; every one when left out"`
	Indexes        string        `yaml:"indexes" doc:"of an Indexed Job, or one of a CronJob: completion indexes of the pods, e.g. 1,3-5; every one when left out"`
	Ordinals       string        `yaml:"ordinals" doc:"of a StatefulSet: ordinals of the pods, e.g. 0 or 1,3-5; every one when left out"`
	Revision       string        `yaml:"revision" doc:"new for pods of a template that a rollout brought, old for those of the first one; all when left out"`
	Share          *Share        `yaml:"share" doc:"the part of the pods, drawn one by one; all when left out"`
	Preset         string        `yaml:"preset" doc:"fastapi-agent, rag-worker, vllm, vllm-cold or vllm-warm: what is left out here is taken from there"`
	Image          Image         `yaml:"image" doc:"the image; a text is short for match"`
	Start          *DurationDist `yaml:"start" doc:"from process start until the server listens, without the model"`
	Model          *Model        `yaml:"model" doc:"weights that are loaded before the server listens"`
	Memory         Memory        `yaml:"memory" doc:"working set: base + perRequest × requests in flight + leaks"`
	Storage        *Written      `yaml:"storage" doc:"what is written to the machine's disk, which ephemeral-storage counts; nothing when left out"`
	CPU            CPU           `yaml:"cpu" doc:"use without requests"`
	Runs           *DurationDist `yaml:"runs" doc:"how long the process works, after its start, before it ends by itself; for ever when left out"`
	Lives          []Duration    `yaml:"lives" doc:"how long the first lives of each container work instead, one after the other: [1s, 1s, 10m]"`
	FailureRate    *Share        `yaml:"failureRate" doc:"with runs or cpu.run: probability that the process fails; it then exits with exitCode, 1 when left out, else with 0"`
	ExitCode       int           `yaml:"exitCode" doc:"exit code of a process that ends by itself"`
	Crash          *Crash        `yaml:"crash" doc:"an end that the process does not want, whether it listens by then or not"`
	Hooks          *Hooks        `yaml:"hooks" doc:"what the lifecycle hooks of the manifest do, where their text does not say it"`
	OnTerminate    string        `yaml:"onTerminate" doc:"at SIGTERM: drain (finish what is in flight, the default), exit, or ignore"`
	UnhealthyAfter *Duration     `yaml:"unhealthyAfter" doc:"health checks fail from this age of the process on"`
	Service        *Server       `yaml:"service" doc:"how it works on requests"`
}

// Image is a container image.
type Image struct {
	Match     string     `yaml:"match" doc:"only containers with this image, * stands for any text: *:v2"`
	Size      *Size      `yaml:"size" doc:"compressed size; 0 is on every node already"`
	PullFails *PullFails `yaml:"pullFails" doc:"the registry does not give it: always, or until this time of the run, e.g. 20m"`
}

// Hooks are the lifecycle hooks of a container.
type Hooks struct {
	PreStop   *Hook `yaml:"preStop" doc:"a text is short for takes"`
	PostStart *Hook `yaml:"postStart" doc:"a text is short for takes"`
}

// Hook is what a lifecycle hook does.
type Hook struct {
	Takes       HookTime `yaml:"takes" doc:"how long it lasts, e.g. lognormal(20s, 2m); untilIdle: until the container has no request in flight; untilListens: until its process listens; what the manifest says when left out"`
	FailureRate *Share   `yaml:"failureRate" doc:"how often it fails; a postStart hook that fails has its container killed"`
}

// Crash is an end that a process does not want.
type Crash struct {
	After       *DurationDist `yaml:"after" required:"true" doc:"time from the start of the process, e.g. 2s or exponential(6h)"`
	ExitCode    *int          `yaml:"exitCode" doc:"1 when left out; 139 is a segmentation fault"`
	Probability *Share        `yaml:"probability" doc:"of each process, at each of its starts; 100% when left out"`
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
	AtStart        *Size     `yaml:"atStart" doc:"when the process begins, from where it grows to base and startupPeak until the server listens; all at once when left out"`
	PerRequest     *Size     `yaml:"perRequest" doc:"for each request in flight"`
	Leak           *SizeRate `yaml:"leak" doc:"growth over time, e.g. 30Mi/h"`
	LeakPerRequest *Size     `yaml:"leakPerRequest" doc:"growth with each request served"`
	StartupPeak    *Size     `yaml:"startupPeak" doc:"on top of base until the server listens, e.g. weights on their way to the GPU"`
	Retain         *Share    `yaml:"retain" doc:"part of the most that requests and sessions have held that the allocator keeps; 0 when left out"`
	Cache          *Cache    `yaml:"cache" doc:"a cache that requests fill"`
	Bursts         *Bursts   `yaml:"bursts" doc:"allocations that come and go by themselves"`
	Child          *Child    `yaml:"child" doc:"a second process that takes memory; what is killed alone with kubelet.singleProcessOOMKill"`
}

// Child is a second process of a container.
type Child struct {
	Leak  *SizeRate `yaml:"leak" required:"true" doc:"growth over time, from the start of the container on"`
	Again *Duration `yaml:"again" doc:"how long after its end it is started again; never when left out"`
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
	Model                string       `yaml:"model" required:"true" doc:"a model of the catalogue like llama-3.1-8b, its name on Hugging Face, or the path of a config.json"`
	GPU                  string       `yaml:"gpu" required:"true" doc:"a GPU of the catalogue like h100-80gb, of a MIG slice with its profile, e.g. a100-80gb/3g.40gb; with device any name"`
	Device               *Device      `yaml:"device" doc:"a GPU that the catalogue lacks, by its numbers"`
	Engine               string       `yaml:"engine" doc:"vllm (the default), sglang, tgi or tensorrt-llm"`
	EngineVersion        string       `yaml:"engineVersion" doc:"e.g. 0.15.1; the newest when left out"`
	Quantization         string       `yaml:"quantization" doc:"of the weights: fp8, int8, awq, gptq, int4, mxfp4 or nvfp4; the model's own when left out"`
	KVCacheDtype         string       `yaml:"kv-cache-dtype" doc:"auto (the default, 16 bits) or fp8"`
	TensorParallel       *int         `yaml:"tensor-parallel-size" doc:"GPUs that each layer is split over; those the container asks for, less other degrees, when left out"`
	PipelineParallel     *int         `yaml:"pipeline-parallel-size" doc:"groups of GPUs that the layers are spread over; 1 when left out"`
	DataParallel         *int         `yaml:"data-parallel-size" doc:"copies of all but the experts; 1 when left out"`
	ExpertParallel       *int         `yaml:"expertParallel" doc:"above 1 whole experts are spread over the GPUs"`
	GPUMemoryUtilization *float64     `yaml:"gpu-memory-utilization" doc:"0.9 when left out"`
	KVCacheTokens        *int         `yaml:"kvCacheTokens" doc:"tokens that the KV cache holds, as the server logs it; computed when left out"`
	MaxNumSeqs           *int         `yaml:"max-num-seqs" doc:"the engine's default for the GPU when left out: 256, or 1024 on GPUs of 70 GiB and more other than the A100"`
	MaxNumBatchedTokens  *int         `yaml:"max-num-batched-tokens" doc:"the engine's default for the GPU when left out: 2048, or 8192"`
	MaxModelLen          *int         `yaml:"max-model-len" doc:"what the model takes when left out, but at most what the cache holds"`
	PrefixCaching        *bool        `yaml:"enable-prefix-caching" doc:"true when left out; in blocks of 16 tokens"`
	Calibration          string       `yaml:"calibration" doc:"the file that rehearse calibrate wrote of the user's own measurements"`
	CPUOffload           string       `yaml:"cpuOffload" doc:"the host's memory for blocks of the cache, e.g. 8Gi; told as not simulated"`
	Speculation          *Speculation `yaml:"speculation" doc:"tokens that are guessed ahead"`
	Args                 []string     `yaml:"args" doc:"flags of the engine as on its command line, e.g. --max-num-seqs=64; those that say nothing about time or memory are listed"`
}

// Device is a GPU by its datasheet.
type Device struct {
	Memory    *Size    `yaml:"memory" required:"true" doc:"as nvidia-smi shows it"`
	Bandwidth *float64 `yaml:"bandwidth" required:"true" doc:"of the memory, in 10⁹ bytes per second"`
	TFLOPS    *float64 `yaml:"tflops" required:"true" doc:"of dense 16-bit products, in 10¹² operations per second"`
	FP8       *float64 `yaml:"fp8" doc:"the same of 8 bits; as 16 bits when left out"`
	FP4       *float64 `yaml:"fp4" doc:"the same of 4 bits; as 16 bits when left out"`
	Link      *float64 `yaml:"link" doc:"to the other GPUs of the node, one direction, in 10⁹ bytes per second; 32 when left out, a bus"`
}

// Speculation is speculative decoding.
type Speculation struct {
	Tokens     *int   `yaml:"tokens" required:"true" doc:"how many are guessed at a time"`
	Acceptance *Share `yaml:"acceptance" required:"true" doc:"how probable it is that one is accepted when those before were, e.g. 70%"`
	Draft      string `yaml:"draft" doc:"the model that guesses; none (n-grams) when left out"`
}
