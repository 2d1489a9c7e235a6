package timing

// Batch is what one iteration works on.
type Batch struct {
	Sequences int64
	// Tokens are new ones: chunks of prompts, and one of each that decodes.
	Tokens int64
	// Context is the tokens that attention reads, over all sequences; Windowed
	// that of layers with a sliding window.
	Context, Windowed int64
	// Rounds is the iterations that sequences which decode have had since their
	// prompts, each of which made the context longer by Speculation's yield.
	Rounds int64
	// Pairs is Σ new × (2 × before + new) over chunks of prompts: twice the pairs
	// of tokens that attend to each other. WindowedPairs is that in a window.
	Pairs, WindowedPairs int64
}

// Decode brings a sequence that decodes: with so many tokens when its prompt was
// through, and rounds of decoding since. Of a window within is the part that it
// fills.
func (b *Batch) Decode(began, rounds, within int64, guesses int) {
	b.Sequences++
	b.Tokens += 1 + int64(guesses)
	b.Context += began
	b.Rounds += rounds
	b.Windowed += within
}

// Add brings new tokens of a prompt with so many before them. A window of 0 is
// none.
func (b *Batch) Add(before, tokens, window int64) {
	b.Sequences++
	b.Tokens += tokens
	b.Context += before + tokens
	if window > 0 {
		b.Windowed += min(before+tokens, window)
	}
	b.Pairs += tokens * (2*before + tokens)
	if window > 0 {
		in := min(max(window-before, 0), tokens) // of the new tokens, those that see all before them
		b.WindowedPairs += in*(2*before+in) + 2*window*(tokens-in)
	}
}
