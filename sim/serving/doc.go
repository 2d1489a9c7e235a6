// Package serving is what the containers of a cluster do: how each behaves, as
// somebody described it, the servers in them, and the way of requests to them
// through Services, as the proxies of the nodes have their rules, and through
// message queues.
package serving
