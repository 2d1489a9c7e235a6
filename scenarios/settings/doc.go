// Package settings makes the settings of controllers, kubelets and what measures of what
// a scenario says of them.
package settings
