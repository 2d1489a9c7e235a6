// Package story tells replication 0 one by one, in the words of the components that
// report it: the steps of the timeline, the Events that kubectl would show, the
// decisions of the autoscalers.
package story
