package plan

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"github.com/kube-rehearse/rehearse/report/stat"
	"github.com/kube-rehearse/rehearse/report/words"
)

// Growth is how a load grows, by a share of itself each period, and how long that can go
// on.
type Growth struct {
	Share  float64 `json:"share"`
	Period string  `json:"period"` // day, week, month or year
	// Periods is after how many the load is the highest that is carried: 0 when it is
	// already more, infinite when no end was found.
	Periods stat.Value `json:"periods"`
}

var periods = []string{"day", "week", "month", "year"}

// ParseGrowth reads 5%/month; "" is nil.
func ParseGrowth(text string) (*Growth, error) {
	if text == "" {
		return nil, nil
	}
	rate, period, _ := strings.Cut(text, "/")
	number, percent := strings.CutSuffix(rate, "%")
	share, err := strconv.ParseFloat(number, 64)
	share /= 100
	if err != nil || !percent || !slices.Contains(periods, period) || !(share >= 0.0001 && share <= 10) {
		return nil, fmt.Errorf("must be from 0.01%% to 1000%% a day, week, month or year, as in 5%%/month, got %.80q", text)
	}
	return &Growth{Share: share, Period: period}, nil
}

// Until is the growth with how long it can go on until the load is so many times the
// present one.
func (g *Growth) Until(factor float64) *Growth {
	if g == nil {
		return nil
	}
	until := *g
	until.Periods = stat.Value(max(0, math.Log(factor)/math.Log(1+g.Share)))
	return &until
}

func (g *Growth) String() string {
	text := fmt.Sprintf("growing by %s a %s, ", words.Percent(g.Share), g.Period)
	if g.Periods == 0 {
		return text + "it is too much already"
	}
	if math.IsInf(float64(g.Periods), 1) {
		return text + "it is carried for longer than is looked"
	}
	return text + fmt.Sprintf("it is carried for %s %ss more", words.Digits(float64(g.Periods), 2), g.Period)
}
