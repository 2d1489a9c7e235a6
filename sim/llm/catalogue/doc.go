// Package catalogue describes models and GPUs: what of them says how much memory
// and time a model server needs.
//
//   - model.go: a decoder-only transformer by the shapes of its config.json.
//   - parts.go: the parameters of its parts, and the bytes of their weights.
//   - config.go: reading a config.json.
//   - gpu.go: a GPU by its datasheet, or a MIG slice of one.
//   - models.csv, gpus.csv: what ships, each row with its source.
package catalogue
