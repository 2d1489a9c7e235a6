package manifest

import (
	stdjson "encoding/json"
	"strings"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
)

// backends notes the Services that an object of a kind that is left out sends
// requests to: an Ingress, a route of the Gateway API, of Istio or of OpenShift, or a
// webhook of the API server.
func (r *reader) backends(gvk schema.GroupVersionKind, data []byte) {
	to := &r.set.Routed
	switch gvk.Group + "/" + gvk.Kind {
	case "networking.k8s.io/Ingress", "extensions/Ingress", "route.openshift.io/Route":
	case "gateway.networking.k8s.io/HTTPRoute", "gateway.networking.k8s.io/GRPCRoute", "gateway.networking.k8s.io/TCPRoute",
		"gateway.networking.k8s.io/TLSRoute":
	case "networking.istio.io/VirtualService":
	case "admissionregistration.k8s.io/ValidatingWebhookConfiguration", "admissionregistration.k8s.io/MutatingWebhookConfiguration":
		to = &r.set.Hooked
	default:
		return
	}
	var o map[string]any
	if stdjson.Unmarshal(data, &o) != nil {
		return
	}
	namespace := r.options.Namespace
	if m, is := o["metadata"].(map[string]any); is {
		if given, is := m["namespace"].(string); is && given != "" {
			namespace = given
		}
	}
	if namespace == "" {
		namespace = "default"
	}
	walkBackends(o, "", func(service, in string) {
		if in == "" {
			in = namespace
		}
		*to = append(*to, types.NamespacedName{Namespace: in, Name: service})
	})
}

// walkBackends finds the Services that an object names: service: {name}, backendRefs,
// destination: {host} and to: {kind: Service, name}. The order does not matter.
func walkBackends(v any, key string, found func(service, namespace string)) {
	switch v := v.(type) {
	case []any:
		for _, element := range v {
			walkBackends(element, key, found)
		}
	case map[string]any:
		name, _ := v["name"].(string)
		namespace, _ := v["namespace"].(string)
		host, _ := v["host"].(string)
		kind, _ := v["kind"].(string)
		old, _ := v["serviceName"].(string) // of Ingresses before networking.k8s.io/v1
		switch {
		case name != "" && (key == "service" || key == "backendRefs" && (kind == "" || kind == "Service") || key == "to" && kind == "Service"):
			found(name, namespace)
		case old != "" && key == "backend":
			found(old, "")
		case host != "" && key == "destination":
			parts := strings.Split(host, ".")
			if len(parts) > 1 {
				namespace = parts[1]
			}
			found(parts[0], namespace)
		}
		for k, inner := range v {
			walkBackends(inner, k, found)
		}
	}
}
