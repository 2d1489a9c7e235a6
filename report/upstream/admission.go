package upstream

import "strings"

// Quoted is what stands between the first quotes.
func Quoted(text string) string {
	parts := strings.SplitN(text, `"`, 3)
	if len(parts) < 3 {
		return ""
	}
	return parts[1]
}

// Answer is what the API server says against an object, without the object's name
// (NewForbidden and NewInvalid in k8s.io/apimachinery/pkg/api/errors/errors.go).
func Answer(message string) string {
	for _, mark := range []string{" is forbidden: ", " is invalid: "} {
		if _, answer, found := strings.Cut(message, mark); found {
			return strings.TrimSuffix(answer, ".")
		}
	}
	return message
}

// Unset is a resource that a quota wants containers to set.
type Unset struct {
	Field      string // of resources: "limits.memory"
	Containers []string
}

// MustSpecify are the resources that a quota wants set, nil when that is not what
// stands against the pod (Constraints in
// k8s.io/kubernetes/pkg/quota/v1/evaluator/core/pods.go):
// "must specify limits.memory for: a,b; cpu for: a".
func MustSpecify(message string) (list []Unset) {
	_, missing, found := strings.Cut(message, "must specify ")
	if !found {
		return nil
	}
	for _, part := range strings.Split(missing, "; ") {
		field, containers, _ := strings.Cut(part, " for: ")
		if !strings.Contains(field, ".") {
			field = "requests." + field // cpu is short for requests.cpu
		}
		list = append(list, Unset{field, strings.Split(containers, ",")})
	}
	return list
}

// IsNotFound reports whether an object that is referred to is not there.
func IsNotFound(message string) bool { return strings.Contains(message, "not found") }

// IsLimitBelowRequest reports whether a limit is below its request
// (validateResourceRequirements in k8s.io/kubernetes/pkg/apis/core/validation).
func IsLimitBelowRequest(message string) bool {
	return strings.Contains(message, "must be less than or equal to")
}

// MissingConfig is the Secret or ConfigMap without which a container can't be
// created, as the kubelet says it: `secret "x" not found`.
func MissingConfig(message string) (kind, name string, is bool) {
	parts := strings.SplitN(message, `"`, 3)
	if len(parts) < 3 || !IsNotFound(parts[2]) {
		return "", "", false
	}
	kind, is = map[string]string{"secret": "Secret", "configmap": "ConfigMap"}[strings.TrimSpace(parts[0])]
	return kind, parts[1], is
}
