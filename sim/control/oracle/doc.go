// Package oracle holds the simulated cluster against Kubernetes itself. All of
// it is test code: an API server in memory, behind which the real controllers
// of kube-controller-manager and the real scheduler run with their real clients
// (testing/synctest gives them a virtual clock), and random scenarios that go
// through both.
//
// Reading order: server_test.go (objects, versions, watches), http_test.go (the
// way of the real clients to it), strategy_test.go and pods_test.go (what the
// API server does to objects that are written), collector_test.go (dependents
// of what is gone); controllers_test.go (who runs), kubelet_test.go (the nodes,
// which repeat what the simulated kubelets did), user_test.go (the timeline's
// actions), metrics_test.go (what the autoscaler asks for), timeline_test.go
// (what happened, in the form that recordings of a real cluster have);
// scenario_test.go (random scenarios), shrink_test.go (the smallest that still
// fails), twin_test.go (both worlds, compared).
package oracle
