// Package keda decides as KEDA's operator does about ScaledObjects: between
// nothing and one replica by itself (poll.go), and beyond that through the
// HorizontalPodAutoscaler that it makes (autoscaler.go), whose external metrics
// it answers (reading.go, with the fallback of fallback.go).
//
// It follows github.com/kedacore/keda at 8b4f083 of August 2026: pkg/scaling/executor/
// scale_scaledobjects.go, pkg/scaling/scale_handler.go, pkg/fallback/fallback.go
// and controllers/keda/hpa.go. Formulas of scalingModifiers, authentication and
// push triggers are not there.
package keda
