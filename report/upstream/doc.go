// Package upstream takes apart what Kubernetes says only as text: why a pod fits on
// no node, what a quota lacks, why an autoscaler can't decide. Nothing else in this
// module reads those sentences. The tests ask upstream's own code for them, so that
// a release which words them otherwise is noticed.
package upstream
