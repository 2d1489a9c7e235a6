package wire

// Traffic is a stream of requests.
type Traffic struct {
	Name     string    `yaml:"name" doc:"name of the stream; the Service's when left out"`
	Service  string    `yaml:"service" doc:"namespace/name of the Service; one of service, workload and queue is given"`
	Workload string    `yaml:"workload" doc:"Kind/name or Kind/namespace/name of a workload: requests go to its pods themselves, as behind an InferencePool"`
	Queue    string    `yaml:"queue" doc:"name of one of queues, that the stream's messages go to"`
	Port     int       `yaml:"port" doc:"port of the Service; its first when left out"`
	Start    *Duration `yaml:"start" doc:"when the first request may come; the start of the run when left out"`
	Timeout  *Duration `yaml:"timeout" doc:"how long a client waits; for ever when left out"`
	SLO      *SLO      `yaml:"slo" doc:"what is wanted of the Service: answers that take longer count as late, and the report shows what is left of the error budget"`
	Retry    *Retry    `yaml:"retry" doc:"what clients do when a request fails; nothing when left out"`
	Balance  string    `yaml:"balance" doc:"random (the default, kube-proxy's), round-robin, least-request, consistent-hash or prefix-aware (a router of model servers)"`
	Clients  *Clients  `yaml:"clients" doc:"whom requests come from, for session affinity and consistent-hash"`
	Sessions *Sessions `yaml:"sessions" doc:"makes every arrival the start of a session of several requests"`
	Tokens   *Tokens   `yaml:"tokens" doc:"what requests ask of a model, where no trace says it"`
	Law      string    `yaml:"law" doc:"poisson (the default) or paced; short for arrivals: {process: …}"`
	Rate     *Rate     `yaml:"rate" doc:"requests per second over time; one of rate, users, trace is given"`
	Arrivals *Arrivals `yaml:"arrivals" doc:"how arrivals scatter around the rate; arrivals: PATH is short for trace: {file: PATH}"`
	Users    *Users    `yaml:"users" doc:"a closed loop: each user sends, waits for the end, thinks, and sends again"`
	Trace    *Trace    `yaml:"trace" doc:"recorded requests: a file, or its path"`
}

// SLO is a service level objective.
type SLO struct {
	Latency   *Duration `yaml:"latency" doc:"how long a request may take, retries included; any time when left out"`
	Objective *Share    `yaml:"objective" doc:"share of the requests that are to end well and in time; 99.9% when left out"`
}

// Tokens is what requests ask of a model.
type Tokens struct {
	Input  *CountDist `yaml:"input" required:"true" doc:"tokens that a request adds to the prompt"`
	Output *CountDist `yaml:"output" required:"true" doc:"tokens of the answer"`
	Shared *int       `yaml:"shared" doc:"tokens that all prompts begin with: a system prompt; 0 when left out"`
}

// Clients are whom requests come from.
type Clients struct {
	Count *int     `yaml:"count" required:"true" doc:"number of clients"`
	Skew  *float64 `yaml:"skew" doc:"client k sends in proportion to 1/k^skew (Zipf); 0, evenly, when left out"`
}

// Sessions are clients that send several requests one after the other.
type Sessions struct {
	Turns  *CountDist    `yaml:"turns" required:"true" doc:"requests of a session"`
	Think  *DurationDist `yaml:"think" doc:"time from the end of a request to the next; 0s when left out"`
	Silent *Share        `yaml:"silent" doc:"sessions that end without a goodbye, so that containers keep their state until it times out; 0 when left out"`
}

// Arrivals is how arrivals scatter around the rate.
type Arrivals struct {
	Path    string         // in place of the object
	Process string         `yaml:"process" doc:"poisson (the default), paced, gamma, weibull, mmpp or on-off"`
	CV      *float64       `yaml:"cv" doc:"standard deviation of the gaps, of their mean, for gamma and weibull: from 0.01 to 100; 1 is Poisson"`
	States  []ArrivalState `yaml:"states" doc:"for mmpp: the states between which the rate jumps"`
	On      *Duration      `yaml:"on" doc:"for on-off: mean time in which all requests come"`
	Off     *Duration      `yaml:"off" doc:"for on-off: mean time without any"`
}

// ArrivalState is a state of a Markov-modulated Poisson process.
type ArrivalState struct {
	Weight *float64  `yaml:"weight" required:"true" doc:"how high the rate is, beside the other states; the mean stays the rate"`
	Dwell  *Duration `yaml:"dwell" required:"true" doc:"mean time in the state"`
}

// Users are a closed loop.
type Users struct {
	Count *int          `yaml:"count" required:"true" doc:"number of users; each has at most one request at a time"`
	Think *DurationDist `yaml:"think" doc:"time from the end of a request to the next; 0s when left out"`
}

// Trace is recorded requests.
type Trace struct {
	File      string       `yaml:"file" required:"true" doc:"path of the file, plain or gzipped"`
	Format    string       `yaml:"format" doc:"csv, jsonl, azure, mooncake or servegen; csv, jsonl or mooncake by the first line when left out"`
	Columns   TraceColumns `yaml:"columns" doc:"names of the columns of csv, or members of jsonl; looked for under usual names when left out"`
	Unit      string       `yaml:"unit" doc:"of times that are plain numbers: s (the default), ms, us or ns"`
	From      *Duration    `yaml:"from" doc:"where playing begins, from the first request on; 0s when left out"`
	Stretch   *float64     `yaml:"stretch" doc:"factor of all times, from 0.001 to 1000: 2 plays at half the speed; 1 when left out"`
	RateScale *float64     `yaml:"rateScale" doc:"factor of the number of requests, from 0.001 to 1000: leaves out or repeats every so many; 1 when left out"`
	Loop      bool         `yaml:"loop" doc:"begin again after the end"`
}

// TraceColumns are names of columns.
type TraceColumns struct {
	Time   string `yaml:"time" doc:"when the request came: numbers, or dates and times"`
	Input  string `yaml:"input" doc:"tokens of the prompt"`
	Output string `yaml:"output" doc:"tokens of the answer"`
	Prefix string `yaml:"prefix" doc:"ids of the prompt's blocks from its beginning on"`
}

// Rate is a shape of load; exactly one member is given.
type Rate struct {
	Constant *PerSecond `yaml:"constant" doc:"the same all the time, e.g. 20 or 1200/m"`
	Ramp     *Ramp      `yaml:"ramp" doc:"from one rate to another, then steady"`
	Steps    []RateStep `yaml:"steps" doc:"rates that hold from a time on"`
	Diurnal  *Diurnal   `yaml:"diurnal" doc:"a sine around a mean"`
	Spike    *Spike     `yaml:"spike" doc:"a base rate with one burst"`
	Stages   *Stages    `yaml:"stages" doc:"ramps one after the other, as k6 has them"`
	Weekly   *Weekly    `yaml:"weekly" doc:"a profile of seven days that repeats"`

	Prometheus *Prometheus `yaml:"prometheus" doc:"a measured rate: a file, or its path"`
}

// Prometheus is an answer of its range queries.
type Prometheus struct {
	File        string `yaml:"file" required:"true" doc:"JSON of /api/v1/query_range, of one series in requests per second; time 0 is its first sample"`
	Interpolate string `yaml:"interpolate" doc:"linear (the default): along a line to the next sample; step: the same until it"`
	Gaps        string `yaml:"gaps" doc:"NaN, or no sample for over one and a half steps: bridge (the default) to the next sample, or zero"`
}

// Ramp goes from one rate to another.
type Ramp struct {
	From *PerSecond `yaml:"from" required:"true" doc:"rate at the start"`
	To   *PerSecond `yaml:"to" required:"true" doc:"rate at the end"`
	Over *Duration  `yaml:"over" required:"true" doc:"time it takes"`
}

// RateStep is one step of a staircase.
type RateStep struct {
	At   *Duration  `yaml:"at" required:"true" doc:"time from the start"`
	Rate *PerSecond `yaml:"rate" required:"true" doc:"rate from then on"`
}

// Diurnal is a sine around a mean.
type Diurnal struct {
	Mean      *PerSecond `yaml:"mean" required:"true" doc:"mean rate"`
	Amplitude *float64   `yaml:"amplitude" doc:"swing as a fraction of the mean, from 0 to 1; 0.5 when left out"`
	Period    *Duration  `yaml:"period" doc:"24h when left out"`
	Peak      *Duration  `yaml:"peak" doc:"time of the highest rate; half a period when left out"`
}

// Spike is a base rate with one burst in it.
type Spike struct {
	Base *PerSecond `yaml:"base" required:"true" doc:"rate before and after"`
	Peak *PerSecond `yaml:"peak" required:"true" doc:"rate of the burst"`
	At   *Duration  `yaml:"at" required:"true" doc:"when it begins to climb"`
	Rise *Duration  `yaml:"rise" doc:"how long it climbs; 0s when left out"`
	Hold *Duration  `yaml:"hold" required:"true" doc:"how long the burst lasts"`
	Fall *Duration  `yaml:"fall" doc:"how long it falls back; 0s when left out"`
}

// Stages are ramps one after the other.
type Stages struct {
	StartRate *PerSecond `yaml:"startRate" doc:"rate at the start; 0 when left out"`
	Stages    []Stage    `yaml:"stages" required:"true" doc:"the last target holds on"`
}

// Stage is a ramp to a target.
type Stage struct {
	Duration *Duration  `yaml:"duration" required:"true" doc:"time it takes; 0s jumps"`
	Target   *PerSecond `yaml:"target" required:"true" doc:"rate at its end"`
}

// Weekly is a profile of seven days.
type Weekly struct {
	Mean  *PerSecond `yaml:"mean" required:"true" doc:"mean rate over the week"`
	Days  []float64  `yaml:"days" required:"true" doc:"7 weights, Monday first"`
	Hours []float64  `yaml:"hours" required:"true" doc:"24 weights, of the full hours from midnight"`
}
