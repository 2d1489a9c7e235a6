package record

// Quantities that nobody may have given.
const (
	MemoryAtRest    = "memory at rest"
	MemoryOfRequest = "memory of a request"
	TimeToListen    = "time to listen"
	TimeOfRequest   = "time of a request"
	CPUOfRequest    = "CPU of a request"
)

// Guess is a number that nobody gave and that the run rests on.
type Guess struct {
	Workload  string `json:"workload"` // its key
	Container string `json:"container"`
	Quantity  string `json:"quantity"`
	// Value is in Unit: bytes, seconds or cores; of what is drawn it is the mean.
	Value float64 `json:"value"`
	Unit  string  `json:"unit"`
}
