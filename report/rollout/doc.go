// Package rollout answers one question about an update of a workload: does it finish, when,
// what is lost, what it needs, and which setting mends it.
//
//   - watch.go: what an update took in each replication, from the records
//   - trial.go: a setting played with the update and without, and which of two is better
//   - change.go: the settings that may mend an update
//   - answer.go, text.go: the answer and its forms
package rollout
