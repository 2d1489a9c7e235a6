package wire

// Silence is a wish not to hear of findings.
type Silence struct {
	Rule      string `yaml:"rule" required:"true" doc:"name of the finding, as the field rule of findings in JSON has it"`
	Of        string `yaml:"of" doc:"Kind/name of the object, or External/name; every object when left out"`
	Namespace string `yaml:"namespace" doc:"default when left out"`
	Because   string `yaml:"because" doc:"why it is wanted; the report says it"`
}
