// Package drive is what it takes to drive Kubernetes' own controllers from
// outside: in tests that compare with them, and where one decides for us.
package drive

import (
	"fmt"

	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/record"
	"k8s.io/klog/v2"
)

// Events is a record.EventRecorder that hands on what a controller tells.
type Events func(about runtime.Object, eventType, reason, message string)

var _ record.EventRecorderLogger = Events(nil)

// Event implements record.EventRecorder.
func (e Events) Event(about runtime.Object, eventType, reason, message string) {
	e(about, eventType, reason, message)
}

// Eventf implements record.EventRecorder.
func (e Events) Eventf(about runtime.Object, eventType, reason, format string, args ...any) {
	e(about, eventType, reason, fmt.Sprintf(format, args...))
}

// AnnotatedEventf implements record.EventRecorder.
func (e Events) AnnotatedEventf(about runtime.Object, _ map[string]string, eventType, reason, format string,
	args ...any) {
	e.Eventf(about, eventType, reason, format, args...)
}

// WithLogger implements record.EventRecorderLogger.
func (e Events) WithLogger(klog.Logger) record.EventRecorderLogger { return e }
