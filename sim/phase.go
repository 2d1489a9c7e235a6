package sim

// Phase orders what happens at one instant: an event of a lower phase fires
// before one of a higher phase, whenever they were scheduled.
type Phase uint8

const (
	// PhaseWatch is controllers that look because of a write: before the next one,
	// since a real API server carries out no two at once.
	PhaseWatch Phase = iota
	// PhaseTimeline is what the scenario does to the cluster. It comes early,
	// so that everything else at t meets the cluster as it was changed at t.
	PhaseTimeline
	// PhaseMachine is processes: starts, exits, limits reached, probe results.
	// Controllers at t must see them.
	PhaseMachine
	// PhaseControl is what the controllers do: their requests and what they wait
	// for.
	PhaseControl
	// PhaseSchedule is the scheduler: it sees every pod the controllers made.
	PhaseSchedule
	// PhaseNetwork is endpoint changes that reach the proxies: requests that
	// arrive at t are routed by them.
	PhaseNetwork
	// PhaseRequest is requests: arrivals, completions, time-outs.
	PhaseRequest
	// PhaseObserve is sampling: it sees all that happened at t.
	PhaseObserve
)

var phaseNames = [...]string{"watch", "timeline", "machine", "control", "schedule", "network", "request", "observe"}

// String is the phase's name.
func (p Phase) String() string {
	if int(p) < len(phaseNames) {
		return phaseNames[p]
	}
	return "unknown"
}
