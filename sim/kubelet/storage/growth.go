package storage

// Growth is how what is written grows: by Base when it begins, then PerSecond while the
// process runs, and PerRequest with each request served.
type Growth struct {
	Base       int64 // bytes
	PerSecond  float64
	PerRequest int64
}

// Writes is what a container writes. Its logs and its writable layer begin at their Base
// with each of its lives, what it writes to a volume once.
type Writes struct {
	Logs, Layer Growth
	EmptyDirs   []Volume
}

// Volume is what is written to an emptyDir volume of the pod, by its name.
type Volume struct {
	Name string
	Growth
}

// Any reports whether something is written at all.
func (w *Writes) Any() bool {
	if w == nil {
		return false
	}
	none := Growth{}
	return w.Logs != none || w.Layer != none || len(w.EmptyDirs) > 0
}

// MostLogs is what the logs of a container take at most: the kubelet rotates them at
// containerLogMaxSize, 10Mi, and keeps containerLogMaxFiles, 5 (KubeletConfiguration).
const MostLogs = 5 * 10 << 20
