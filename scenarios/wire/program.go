package wire

// WorkStep is a step of what a request does; exactly one of cpu, wait, call,
// generate, repeat, chance is given.
type WorkStep struct {
	CPU      *DurationDist `yaml:"cpu" doc:"core-seconds of CPU"`
	Threads  *int          `yaml:"threads" doc:"with cpu: how many threads do it; 1 when left out"`
	Wait     *DurationDist `yaml:"wait" doc:"time without CPU"`
	Call     *CallStep     `yaml:"call" doc:"requests to another Service or an external, until all have ended"`
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
	Balance  string     `yaml:"balance" doc:"random (the default), round-robin or least-request"`
	Optional bool       `yaml:"optional" doc:"go on when one fails; else the request fails, too"`
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
