// Package cpu is the CPU of one node under Linux's Completely Fair Scheduler:
// containers' cgroups (group.go) share the cores by weight (share.go) and are
// throttled by quotas (advance.go), and tasks (task.go), the CPU work of
// requests and start-ups, share what their group gets.
//
// # The model
//
// CPU time flows like a fluid. At every instant
//
//   - a thread gets at most one core, and a task has one thread or several;
//   - all threads of a group get the same (processor sharing), also when only
//     so many of them can run at the same time, as under Python's lock;
//   - groups share the cores by weighted max-min fairness: none gets more than
//     its threads can use, and what one leaves goes to the others by weight;
//   - a group with a limit has a quota for each period of 100 ms. It runs at
//     full speed until that is used up, and then not at all until the next
//     period. So work shorter than the quota is not slowed at all, several
//     threads exhaust the quota several times as fast, and work that is long
//     goes at the limit on average.
//
// Time goes in whole nanoseconds and service in 2^-32 of them, in integers: a
// group's speed is rounded down to that, a task is done at the first whole
// nanosecond at which it has had all its work, and the last nanosecond of a
// quota runs whole. Nothing else is rounded, so results do not depend on when
// anybody looks. Against exact arithmetic, a group gets less than a
// core-nanosecond per thread too much in a period in which it is throttled.
//
// # The cost
//
// A task that starts or ends takes time in the logarithm of its group's tasks
// and linear in the groups that have tasks; it takes no memory. Being throttled
// takes no events while the node has a core for each thread, since then it
// concerns no other group. Otherwise it takes two per group and period, until
// the node repeats itself from one period to the next (cruise.go), which it
// does within a few; then none, until a task starts or ends or someone looks.
//
// # What is left out
//
//   - Run queues: the kernel has one per core, moves threads between them with
//     delay, and splits a group's weight over them. Here they are always in
//     perfect balance.
//   - The slices of 5 ms in which run queues take from the quota
//     (sched_cfs_bandwidth_slice_us). They strand some of a small quota on idle
//     cores, and throttle one core earlier than the other.
//   - Time slices, wake-up latency and context switches: a thread runs from the
//     instant it is ready. Threads of one group are alike (no nice values).
//   - What runs over a quota, a tick's worth in the kernel, is not charged to
//     the next period. Bursts saved up (cpu.max.burst) are not modelled;
//     Kubernetes does not set them.
//   - Cgroups above the container's: pods and QoS classes. As long as every pod
//     of a class is busy the outcome is the same; an idle pod's weight goes to
//     all others here, and to its own class first on a node. Burstable pods
//     lose thereby, Guaranteed pods gain. A limit holds for its container.
//   - nr_periods of the kernel is higher by one each time a group falls idle:
//     its timer ends only after a period without use.
//   - Caches, SMT, frequency, NUMA, CPU manager policies, and all that runs
//     outside of pods, except as the caller lowers Config.Cores.
package cpu
