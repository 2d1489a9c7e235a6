package sim

import (
	"context"
	"fmt"
	"math/rand/v2"
	"testing"
)

// The hold model (Vaucher and Duval 1975): a fixed number of pending events,
// each of which, when it fires, schedules one more at an exponential distance.
var holdSizes = []int{100, 10_000, 1_000_000}

// BenchmarkHold schedules one-shot events.
func BenchmarkHold(b *testing.B) {
	for _, size := range holdSizes {
		b.Run(fmt.Sprintf("pending=%d", size), func(b *testing.B) {
			l := NewLoop()
			h := &hold{loop: l, random: rand.New(rand.NewPCG(1, 2))}
			for range size {
				l.At(h.gap(), PhaseRequest, h)
			}
			measureHold(b, l, size)
		})
	}
}

// BenchmarkHoldTimer does the same with timers.
func BenchmarkHoldTimer(b *testing.B) {
	for _, size := range holdSizes {
		b.Run(fmt.Sprintf("pending=%d", size), func(b *testing.B) {
			l := NewLoop()
			h := &hold{loop: l, random: rand.New(rand.NewPCG(1, 2))}
			timers := make([]Timer, size)
			for i := range timers {
				t := &timers[i]
				t.Init(l, PhaseRequest, func(now Time) { t.Set(now + h.gap()) })
				t.Set(h.gap())
			}
			measureHold(b, l, size)
		})
	}
}

// BenchmarkTimerMove moves armed timers and lets none fire.
func BenchmarkTimerMove(b *testing.B) {
	for _, size := range holdSizes {
		b.Run(fmt.Sprintf("pending=%d", size), func(b *testing.B) {
			l, r := NewLoop(), rand.New(rand.NewPCG(1, 2))
			timers := make([]Timer, size)
			for i := range timers {
				timers[i].Init(l, PhaseRequest, func(Time) {})
				timers[i].Set(Time(r.Uint32()))
			}
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				timers[i%size].Set(Time(r.Uint32()))
			}
		})
	}
}

type hold struct {
	loop   *Loop
	random *rand.Rand
}

func (h *hold) gap() Time { return Time(h.random.ExpFloat64() * 1e9) }

func (h *hold) Fire(now Time) { h.loop.At(now+h.gap(), PhaseRequest, h) }

// measureHold fires at least b.N events, about a thousand more at most. Each
// pending one fires once a second.
func measureHold(b *testing.B, l *Loop, size int) {
	stretch := 1000 * second / Time(size)
	b.ReportAllocs()
	b.ResetTimer()
	for l.Fired() < uint64(b.N) {
		if err := l.RunUntil(context.Background(), l.Now()+stretch); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(l.Fired())/b.Elapsed().Seconds(), "events/s")
}
