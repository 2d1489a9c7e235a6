package load

import (
	"slices"

	"github.com/kube-rehearse/rehearse/sim/distribution"
)

// Step is a step of what a request makes a container do: one of Work, Compute,
// Wait, Call, Generate, Tool, Repeat, Chance.
type Step interface{ isStep() }

type (
	// Work takes Time seconds when the container has all the CPU it wants. For
	// that time it keeps CPU cores busy on average: it computes for CPU × Time
	// core-seconds, on as many threads as that takes, and then waits for the rest.
	Work struct {
		Time distribution.Dist
		CPU  float64
	}
	// Compute takes Time core-seconds of CPU, on up to Threads threads; 0 is 1.
	Compute struct {
		Time    distribution.Dist
		Threads int
	}
	// Wait takes Time seconds and no CPU.
	Wait struct{ Time distribution.Dist }
	// Call sends requests to another Service, or an External, and waits for the
	// end of all of them.
	Call struct {
		// Service is the key of the Service, "namespace/name", or that of an
		// External.
		Service string
		// Count is how many requests are sent at the same time; nil is 1.
		Count distribution.Dist
		// Client says how they are sent.
		Client Client
		// Talks says that a model answers in the end: the calls of a request go on from
		// each other as Context says, bring Tokens, which are those of the request when
		// nil, and are made shorter by Compaction.
		Talks      bool
		Context    Context
		Tokens     *TokenLaw
		Compaction Compaction
		// Optional lets the program go on when one of them fails; else the
		// request fails, too.
		Optional bool
	}
	// Tool takes Time seconds, in which it keeps CPU cores busy and holds Memory
	// bytes; nil is none.
	Tool struct {
		Time, Memory distribution.Dist
		CPU          float64
	}
	// Repeat goes through its steps several times, rounded to a whole number.
	Repeat struct {
		Times distribution.Dist
		Steps []Step
	}
	// Chance goes through its steps with a probability.
	Chance struct {
		Probability float64
		Steps       []Step
	}
)

// Generate lets the container's model answer a prompt. Its tokens are those of
// the request; Input and Output are for requests that say nothing.
type Generate struct{ Input, Output distribution.Dist }

func (Work) isStep()     {}
func (Compute) isStep()  {}
func (Wait) isStep()     {}
func (Call) isStep()     {}
func (Tool) isStep()     {}
func (Repeat) isStep()   {}
func (Chance) isStep()   {}
func (Generate) isStep() {}

// opcode is what an instruction does.
type opcode uint8

const (
	opWork opcode = iota
	opCompute
	opWait
	opCall
	opGenerate
	opTool
	opLoop  // draws how often; skips to next when 0
	opAgain // jumps back to next while there is something left
	opSkip  // jumps to next, but for a probability
)

// instruction is a step of a program whose nesting has become jumps.
type instruction struct {
	op       opcode
	optional bool
	depth    int // of a loop
	threads  int
	next     int
	cpu      float64 // cores, or a probability
	dist     distribution.Dist
	output   distribution.Dist
	call     *client
	talks    bool
	context  Context
	tokens   *TokenLaw
	compacts Compaction
	key      uint64 // of what prompts begin with alike
}

// program is steps as instructions.
type program struct {
	code  []instruction
	depth int // of loops
	id    uint64
	// talks says that a request asks the container's own model several times.
	talks bool
}

func (p *program) add(i instruction) { p.code = append(p.code, i) }

// compile appends steps. The clients of calls come from the network.
func (p *program) compile(steps []Step, network *Network, depth int) {
	p.depth = max(p.depth, depth)
	for _, step := range steps {
		start := len(p.code)
		switch s := step.(type) {
		case Work:
			p.add(instruction{op: opWork, dist: s.Time, cpu: s.CPU})
		case Compute:
			p.add(instruction{op: opCompute, dist: s.Time, threads: max(s.Threads, 1)})
		case Wait:
			p.add(instruction{op: opWait, dist: s.Time})
		case Call:
			p.add(instruction{
				op: opCall, dist: s.Count, call: network.client(s), optional: s.Optional,
				talks: s.Talks, context: s.Context, tokens: s.Tokens, compacts: s.Compaction, key: mix(p.id, uint64(start)),
			})
		case Tool:
			p.add(instruction{op: opTool, dist: s.Time, output: s.Memory, cpu: s.CPU})
		case Generate:
			p.talks = p.talks || depth > 0 ||
				slices.ContainsFunc(p.code, func(in instruction) bool { return in.op == opGenerate })
			p.add(instruction{op: opGenerate, dist: s.Input, output: s.Output})
		case Repeat:
			p.add(instruction{op: opLoop, dist: s.Times, depth: depth})
			p.compile(s.Steps, network, depth+1)
			p.add(instruction{op: opAgain, next: start + 1, depth: depth})
			p.code[start].next = len(p.code)
		case Chance:
			p.add(instruction{op: opSkip, cpu: s.Probability})
			p.compile(s.Steps, network, depth)
			p.code[start].next = len(p.code)
		}
	}
}
