// Package admission is what the API server's admission of Kubernetes 1.37 does
// to new objects, above all to pods: it changes them, or refuses them, in the
// very words of upstream, whose plugins run here.
//
// Of the plugins that are on by default (pkg/kubeapiserver/options/plugins.go)
// these run: LimitRanger, Priority, DefaultTolerationSeconds, RuntimeClass and
// ResourceQuota. The others change nothing that the simulation looks at, or
// need what it does not have: NamespaceLifecycle (namespaces are taken to
// exist), ServiceAccount (accounts too; no token volume is added), PodSecurity
// (namespaces have no labels: everything is privileged), TaintNodesByCondition
// (nodes join Ready), DefaultStorageClass and PersistentVolumeClaimResize (volumes
// are not simulated), PodTopologyLabels, NodeDeclaredFeatureValidator and
// PodResizeValidator (of bindings and updates), the webhooks and admission
// policies, and those of Ingresses and certificates.
//
// Reading order: admission.go (the way of a pod), plugins.go (upstream's
// plugins without a server), limits.go (LimitRanges), quota.go (ResourceQuotas:
// what admission takes and their controller gives back), evaluators.go (what
// counts how much), refusal.go (the answer).
package admission
