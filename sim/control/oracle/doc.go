// Package oracle holds the simulated cluster against Kubernetes itself. All of
// it is test code: an API server in memory, behind which the real controllers
// of kube-controller-manager and the real scheduler run with their real clients
// (testing/synctest gives them a virtual clock), and random scenarios that go
// through both.
//
// Reading order: server_test.go (objects, versions, deletion),
// selection_test.go and watcher_test.go (lists and watches), http_test.go (the
// way of the real clients to it), strategy_test.go, pods_test.go and
// admission_test.go (what the API server does to objects that are written);
// controllers_test.go, garbage_test.go, quota_test.go and podgc_test.go (who
// runs), script_test.go and kubelet_test.go (the nodes, which repeat what the
// simulated kubelets did), user_test.go (the timeline's actions),
// metrics_test.go (what the autoscaler asks for), timeline_test.go (what
// happened, in the form that recordings of a real cluster have), play_test.go
// (one scenario in each world); scenario_test.go, workloads_test.go and
// actions_test.go (random scenarios), chance_test.go and twin_test.go (both
// worlds, compared), placement_test.go (large clusters, preemption),
// mutants_test.go (broken rules), shrink_test.go, file_test.go and
// regressions_test.go (what differed, as small as it gets), fidelity_test.go
// (docs/fidelity.md).
package oracle
