// Package recognise says what runs in a container by its image, its command, its
// arguments and its environment: a model server with its model and settings, or a
// usual companion such as a database, a proxy or a collector.
//
// Reading order: recognise.go (what it finds), words.go (images and command lines),
// engines.go (model servers), companions.go and companions.yaml (the others).
package recognise
