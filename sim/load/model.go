package load

import (
	"math"

	"github.com/kube-rehearse/rehearse/sim"
	"github.com/kube-rehearse/rehearse/sim/llm"
	"github.com/kube-rehearse/rehearse/sim/record"
)

// prompt is a request's stay in the model. Prompts are pooled by instance; one
// whose client has gone is left to the engine, which may still hold it.
type prompt struct {
	llm.Sequence
	request *request
	begun   sim.Time
	first   sim.Time
	parts   []llm.Part
	given   []llm.Part // scratch
}

// Model is the engine of the instance's model; nil without one.
func (i *Instance) Model() *llm.Engine { return i.engine }

// Share implements kubelet.Work: the model's GPU divides its time.
func (i *Instance) Share(now sim.Time, among int) {
	if i.engine != nil {
		i.engine.Share(now, among)
	}
}

// generate brings a prompt to the model, and reports whether the request waits
// for it.
func (i *Instance) generate(now sim.Time, r *request, in *instruction) bool {
	input, output := r.tokens.Input, r.tokens.Output
	if again := r.spoke; (again || input <= 0) && in.dist != nil {
		input = tokens(in.dist.Sample(i.drawFor(r)))
	}
	if again := r.spoke; (again || output <= 0) && in.output != nil {
		output = tokens(in.output.Sample(i.drawFor(r)))
	}
	if r.turn.of == nil && i.program.talks {
		r.turn = turn{r.own().with(nil), true}
	}
	input, output = max(input, 1), max(output, 1)
	p := i.takePrompt()
	p.parts = r.tokens.parts(p.parts[:0])
	if d := r.turn.of; d != nil {
		p.given = append(p.given[:0], p.parts...)
		p.parts, input = d.prompt(p.parts[:0], p.given, input, output)
	}
	r.spoke = true
	if i.engine == nil || i.engine.Refusal(input, output) != nil {
		i.prompts = append(i.prompts, p)
		r.failed, r.cause = true, record.TooLong
		return false
	}
	p.request, p.begun = r, now
	p.Input, p.Output, p.Prefix, p.Done = input, output, p.parts, p
	r.on, r.prompt = onModel, p
	if err := i.engine.Submit(now, &p.Sequence); err != nil {
		panic(err) // it was asked before
	}
	return true
}

func (i *Instance) takePrompt() *prompt {
	if n := len(i.prompts); n > 0 {
		p := i.prompts[n-1]
		i.prompts = i.prompts[:n-1]
		return p
	}
	return &prompt{}
}

// FirstToken implements llm.Done.
func (p *prompt) FirstToken(now sim.Time) { p.first = now }

// Finished implements llm.Done.
func (p *prompt) Finished(now sim.Time) {
	r := p.request
	i := r.server
	if k := r.call; k != nil {
		r.service.ledger.generated(now, p.first-k.begun, now-p.first, p.Output-1)
	}
	if t := r.turn; t.of != nil && t.leaves {
		t.of.add(p.parts, p.Input+p.Output)
	}
	p.request, p.Prefix, r.prompt = nil, nil, nil
	i.prompts = append(i.prompts, p)
	i.proceed(now, r)
}

// abort takes a prompt whose client has gone out of the model, as servers do
// when the connection closes.
func (i *Instance) abort(now sim.Time, r *request) {
	p := r.prompt
	r.prompt = nil
	i.engine.Cancel(now, &p.Sequence)
	p.Prefix, p.Done = nil, silent{}
	r.failed, r.cause = true, record.Canceled
	r.pause(now, 0) // it ends in an event of its own
}

// silent hears nothing.
type silent struct{}

func (silent) FirstToken(sim.Time) {}
func (silent) Finished(sim.Time)   {}

func tokens(drawn float64) int32 { return int32(math.Round(min(max(drawn, 1), 1<<24))) }

// parts appends the pieces that other prompts may begin with, too.
func (t *Tokens) parts(list []llm.Part) []llm.Part {
	for i, id := range t.Prefix {
		length := int32(PrefixTokens)
		if i < len(t.Lengths) {
			length = t.Lengths[i]
		}
		list = append(list, llm.Part{ID: id, Tokens: length})
	}
	return list
}

// conversation is what the prompts of a session have in common: the tokens of
// each of its turns so far, prompt and answer.
type conversation struct{ turns []int32 }

// context is the tokens of all turns so far.
func (c *conversation) context() (sum int32) {
	for _, turn := range c.turns {
		sum += turn
	}
	return sum
}

// describe gives a request its tokens: those of the trace, or where that has
// none, of the law.
func (st *stream) describe(k *call, s *session) {
	switch law := st.tokens; {
	case st.replay != nil && (law == nil || st.replay.current.Input > 0 || st.replay.current.Output > 0):
		// The request gives its old memory for the prefix to the next arrival.
		k.tokens, st.replay.current.Tokens = st.replay.current.Tokens, k.tokens
	case law != nil:
		random := st.client.service.seeded(k.draw, tokensDraw)
		input, output := tokens(law.Input.Sample(random)), tokens(law.Output.Sample(random))
		k.tokens.Prefix, k.tokens.Lengths = k.tokens.Prefix[:0], k.tokens.Lengths[:0]
		st.prompt(k, s, law.Shared, input, output)
	}
}

// prompt puts a prompt together: what all share, the turns of the session so far,
// and what is new. The last piece is the new one with its answer, which the next
// turn begins with.
func (st *stream) prompt(k *call, s *session, shared, input, output int32) {
	k.tokens.Input, k.tokens.Output, k.tokens.New = shared+input, output, input
	if shared > 0 {
		k.tokens.piece(mix(st.key, uint64(shared)), shared)
	}
	id, turn := k.draw, uint64(0)
	if s != nil {
		c := &s.conversation
		id = s.id
		k.tokens.Input += c.context()
		for _, length := range c.turns {
			turn++
			k.tokens.piece(mix(id, turn), length)
		}
		c.turns = append(c.turns, input+output)
	}
	if shared > 0 || s != nil { // else no other prompt begins alike
		k.tokens.piece(mix(id, turn+1), input+output)
	}
	if first := min(1, int(shared)); len(k.tokens.Lengths) > first {
		k.tokens.Lengths[first]-- // nothing is ever computed of the last token of an answer
	}
}

// piece adds a piece of the prompt.
func (t *Tokens) piece(id uint64, length int32) {
	t.Prefix, t.Lengths = append(t.Prefix, id), append(t.Lengths, length)
}

// tokensDraw tells the draw of tokens from those of a program.
const tokensDraw = 1<<62 + 1
