package recognise

import (
	v1 "k8s.io/api/core/v1"
)

// Program is what runs in a container.
type Program struct {
	// Name is what people call it: vLLM, PostgreSQL.
	Name string
	// By is what told: "its image", "its command".
	By string

	// Server is of a program that serves a language model, nil for others.
	Server *Server
	// Companion is of one of the others, nil for a model server.
	Companion *Companion
}

// Server is a model server.
type Server struct {
	// Engine is one whose times are known: vllm, sglang, tgi or tensorrt-llm; "" for
	// another one.
	Engine string
	// Version is the engine's by the tag of the image, "" when that says nothing.
	Version string
	// Model is what it is told to serve, "" when nothing says so.
	Model string
	// Args are its settings, in the spelling of vLLM's flags: --max-model-len=4096.
	Args []string
	// Embeds says that it computes embeddings and generates nothing.
	Embeds bool
}

// Of says what runs in a container; is is false where nothing is recognised.
func Of(c *v1.Container) (p Program, is bool) {
	w := wordsOf(c)
	if p, is = serverOf(w); is {
		return p, true
	}
	return companionOf(w)
}

// Flag is the value of a flag in a container's command line, "" for none.
func Flag(c *v1.Container, name string) string { return wordsOf(c).flag(name) }
