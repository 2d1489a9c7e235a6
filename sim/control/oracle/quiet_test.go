package oracle

import (
	"io"
	"os"
	"os/signal"
	"time"

	utilruntime "k8s.io/apimachinery/pkg/util/runtime"
	"k8s.io/klog/v2"
)

// quiet is called once before the first bubble of virtual time. Upstream's logs
// are dropped. One of its error handlers compares a bubble's clock, which starts
// in the year 2000, with the real one and would sleep for decades; and the
// goroutine that waits for signals has to be started outside of a bubble.
func quiet() {
	klog.LogToStderr(false)
	klog.SetOutput(io.Discard)
	utilruntime.ErrorHandlers = nil
	time.Local = time.UTC // as in the image of kube-controller-manager, for schedules without a zone
	signal.Notify(make(chan os.Signal, 1), os.Interrupt)
}
