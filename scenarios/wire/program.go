package wire

// WorkStep is a step of what a request does; exactly one of cpu, wait, call,
// tool, generate, repeat, chance is given.
type WorkStep struct {
	CPU      *DurationDist `yaml:"cpu" doc:"core-seconds of CPU"`
	Threads  *int          `yaml:"threads" doc:"with cpu: how many threads do it; 1 when left out"`
	Wait     *DurationDist `yaml:"wait" doc:"time without CPU"`
	Call     *CallStep     `yaml:"call" doc:"requests to another Service or an external, until all have ended"`
	Tool     *ToolStep     `yaml:"tool" doc:"a tool that takes memory while it runs"`
	Generate *GenerateStep `yaml:"generate" doc:"an answer of the container's model"`
	Repeat   *RepeatStep   `yaml:"repeat" doc:"steps that are done several times"`
	Chance   *ChanceStep   `yaml:"chance" doc:"steps that are done with a probability"`
}

// CallStep is requests to another Service or an external.
type CallStep struct {
	Service  string     `yaml:"service" doc:"namespace/name of a Service; one of service and external is given"`
	External string     `yaml:"external" doc:"name of one of externals"`
	Count    *CountDist `yaml:"count" doc:"how many are sent at the same time; 1 when left out"`
	Timeout  *Duration  `yaml:"timeout" doc:"how long one attempt may take; for ever when left out"`
	Retry    *Retry     `yaml:"retry" doc:"what happens when one fails; it fails when left out"`
	Balance  string     `yaml:"balance" doc:"random (the default), round-robin, least-request or prefix-aware"`
	Optional bool       `yaml:"optional" doc:"go on when one fails; else the request fails, too"`
	Tokens   *Tokens    `yaml:"tokens" doc:"what the call adds to the prompt of a model and asks of it; those of the request, and then what the model's steps say, when left out"`
	Context  string     `yaml:"context" doc:"what goes before the prompt: grow (the default: the prompts and answers of the request so far, or of its session), fresh (nothing), inherit (the context of whoever called) or fork (a copy of that)"`
	Compact  *Compact   `yaml:"compact" doc:"makes a context shorter that grows too long; never when left out"`
}

// Compact makes a context shorter.
type Compact struct {
	At *int `yaml:"at" required:"true" doc:"tokens that no prompt is to be longer than"`
	To *int `yaml:"to" required:"true" doc:"tokens of the summary that takes the place of what was before"`
}

// ToolStep is a tool of an agent.
type ToolStep struct {
	Name   string        `yaml:"name" doc:"of the tool, for the reader"`
	Time   *DurationDist `yaml:"time" required:"true" doc:"how long it runs"`
	Memory *SizeDist     `yaml:"memory" doc:"what it takes while it runs, e.g. lognormal(200Mi, 2Gi)"`
	CPU    *Cores        `yaml:"cpu" doc:"cores that it keeps busy; none when left out"`
}

// RepeatStep is steps that are done several times.
type RepeatStep struct {
	Times *CountDist `yaml:"times" required:"true" doc:"how often, rounded"`
	Steps []WorkStep `yaml:"steps" required:"true" doc:"the steps"`
}

// ChanceStep is steps that are done with a probability.
type ChanceStep struct {
	Probability *Share     `yaml:"probability" required:"true" doc:"e.g. 20%"`
	Steps       []WorkStep `yaml:"steps" required:"true" doc:"the steps"`
}

// Retry is what a client does when a request fails.
type Retry struct {
	Attempts *int      `yaml:"attempts" required:"true" doc:"how often it tries again"`
	Base     *Duration `yaml:"base" doc:"wait before the first retry; 100ms when left out"`
	Max      *Duration `yaml:"max" doc:"longest wait; no bound when left out"`
	Factor   *float64  `yaml:"factor" doc:"by which the wait grows; 2 when left out"`
	Jitter   *Share    `yaml:"jitter" doc:"by how much the wait is shortened at random: 0 (the default) to 100%"`
}

// GenerateStep is a prompt to the container's model.
type GenerateStep struct {
	Input  *CountDist `yaml:"input" doc:"tokens of the prompt, when traffic says nothing"`
	Output *CountDist `yaml:"output" doc:"tokens of the answer, when traffic says nothing"`
}
