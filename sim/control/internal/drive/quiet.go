package drive

import (
	"io"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

// Quiet is called once before the first bubble of virtual time: upstream's logs
// are dropped, and its errors go to these handlers alone. One of upstream's own
// compares a bubble's clock, which starts in the year 2000, with the real one
// and would sleep for decades.
func Quiet(handlers ...utilruntime.ErrorHandler) {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = handlers
}
