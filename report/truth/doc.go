// Package truth compares a run of the simulation with what a real control
// plane did. It reads watch events as they were received ([ReadRecording]) or
// a compact extract of them, brings the records of a run into the same form
// ([Simulation]), and pairs the two ([Compare]).
//
// Names of pods, tie-breaks between equals and latencies of milliseconds are
// chance, in the real thing as well; so pods are paired by workload, revision
// and age, and times within a tolerance that grows with the time since
// somebody last did something to the cluster.
package truth
