// Package custom decides about the pods of objects whose kind nobody has written: a
// scenario says where their pods are described and how many there are to be, and
// nothing is known of their operator. It keeps that many: what has failed is deleted
// and made anew, what has succeeded stays, and a new template makes all pods anew, old
// ones first, as a Deployment with the strategy Recreate does. The pods of a kind whose
// pods restart together are all made anew when one of them has restarted, failed or
// gone, as a LeaderWorkerSet with RecreateGroupOnPodRestart does.
package custom
