// Package gauge keeps quantities over time: their integrals, and the largest of each block.
package gauge
