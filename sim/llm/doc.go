// Package llm is a model server with continuous batching and a paged KV cache,
// as vLLM works: one iteration after the other, each with a token of every
// sequence that decodes and chunks of prompts up to a budget of tokens.
//
//   - catalogue: models and GPUs.
//   - timing: how long an iteration takes; the coefficients of each generation of
//     engines.
//   - calibrate: measurements, and the fit of the coefficients to them.
//   - memory.go, defaults.go: what of the GPUs' memory is left for the KV cache, and
//     how an engine is set up on a GPU.
//   - engine.go, schedule.go: the scheduler: first come, first served; who comes
//     last is preempted when blocks run out, and begins again from the blocks that
//     are still there.
//   - run.go: between two changes of the batch all iterations are alike but for
//     the growth of the contexts, so their times are an arithmetic series. The
//     engine jumps over them: its events are those of requests (arrival, chunks
//     of the prompt, end, preemption), never of tokens.
//   - cache.go: blocks, and parts that several prompts begin with, dropped from
//     their end in the order of their last use.
//   - speculate.go: tokens that a draft guesses.
//
// Time goes in whole picoseconds inside and is rounded up to nanoseconds for
// events, so jumping gives the very times that stepping does.
//
// # What is left out
//
// LoRA, multi-modal inputs, the cache in the host's memory, CUDA graphs' capture at
// start, the API server's own CPU (which is the container's). Pipeline stages are
// taken to be busy all the time; expert parallelism spreads the work evenly.
package llm
