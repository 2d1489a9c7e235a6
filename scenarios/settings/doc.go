// Package settings makes the settings of controllers, kubelets and what measures of what
// a scenario says of them, and the kinds that it describes.
package settings
