// Package llm is a model server with continuous batching and a paged KV cache,
// as vLLM's V1 engine works: one iteration after the other, each with a token
// of every sequence that decodes and chunks of prompts up to a budget of tokens.
//
//   - performance.go: how long an iteration takes, by model, GPU and tensor
//     parallelism; coefficients.go has what was fitted to measurements.
//   - memory.go: what of the GPUs' memory is left for the KV cache.
//   - engine.go, schedule.go: the scheduler: first come, first served; who comes
//     last is preempted by recompute when blocks run out.
//   - run.go: between two changes of the batch all iterations are alike but for
//     the growth of the contexts, so their times are an arithmetic series. The
//     engine jumps over them: its events are those of requests (arrival, chunks
//     of the prompt, end, preemption), never of tokens.
//   - cache.go: blocks, and prefixes that several prompts share, dropped in
//     the order of their last use.
//
// Time goes in whole picoseconds inside and is rounded up to nanoseconds for
// events, so jumping gives the very times that stepping does.
//
// # What is left out
//
// Pipeline and expert parallelism, speculative decoding, quantisation (but by a
// model's BytesPerParameter), LoRA, multi-modal inputs, swapping to host
// memory, CUDA graphs' capture at start, the API server's own CPU (which is the
// container's). Prefixes are shared once the prompt that made them is through.
package llm
