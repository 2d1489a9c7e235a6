package hpa

var knownBounds = []seed{
	{"no fewer than the least", at(utilization, 90, 3, using(10, 95, 10)...).requesting(mixed...).within(2, 5),
		[]int32{2}},
	{"to nothing at all", at(utilization, 90, 3, using(0, 0, 0)...).requesting(mixed...).within(0, 5), []int32{0}},
	{"no use at all, no fewer than the least", at(utilization, 90, 3, using(0, 0, 0)...).requesting(mixed...).within(2, 5),
		[]int32{2}},
	{"somebody scaled to zero", at(utilization, 90, 0).within(3, 5), []int32{0}},
	{"below the least, without values", at(utilization, 90, 2).within(3, 5), []int32{3}},
	{"above the most, without values", at(utilization, 90, 10).within(3, 5), []int32{5}},
	{"no more than the most", at(utilization, 90, 3, using(8000, 9500, 1000)...).requesting(mixed...).within(2, 5),
		[]int32{5}},
	{"from zero without being the one who took it there", one(ofObject, 15_000, 0, 20_000).within(0, 6), []int32{0}},
	{"from zero by an object's metric", zeroed(one(ofObject, 15_000, 0, 20_000).within(0, 6)), []int32{2}},
	{"from zero to a least that went up", zeroed(one(ofObject, 15_000, 0, 10_000).within(2, 6)), []int32{2}},
	{"to zero by an object's metric", one(ofObject, 15_000, 3, 0).within(0, 6), []int32{0}},
	{"no faster than twice the size", at(averageOfPods, 1000, 3, using(900_000, 900_000, 900_000)...).plain().within(1,
		2000), []int32{6}},
	{"from one to four at once", at(averageOfPods, 1000, 1, using(900_000)...).plain().within(1, 2000), []int32{4}},
	{"twice the size is more than the most", at(averageOfPods, 1000, 20, using(900_000)...).plain().within(1, 10),
		[]int32{10}},
	{"a metric without values doesn't hinder growth", deaf(at(utilization, 30, 3, climb...)), []int32{5}},
	{"a metric without values hinders shrinking", deaf(at(utilization, 50, 5, calm...)), []int32{5}},
	{"a smaller size waits for five minutes", at(utilization, 50, 5, calm...).plain().within(1, 10).syncs(5),
		[]int32{5, 5, 5, 5, 5, 5}},
}

func zeroed(s situation) situation { s.Zeroed = true; return s }

func deaf(s situation) situation { s.Deaf = true; return s }

// syncs goes on for n syncs in which nothing changes.
func (s situation) syncs(n int) situation {
	s.then = make([]int64, n)
	return s
}

// The size goes from one that the rules are tested at.
var knownRates = []seed{
	{"the default allows to double", asking(10, 50).plain().within(1, 1000), []int32{20}},
	{"one pod a minute beyond nothing", asking(3, 1000).up(by(0, 0, 1, 60)).within(1, 2000), []int32{4}},
	{"pods allow more than percent", asking(10, 500).up(by(100, 60, 100, 60)).within(1, 1000), []int32{110}},
	{"percent allow more than pods", asking(10, 500).up(by(2, 60, 100, 60)).within(1, 1000), []int32{20}},
	{"the rule that allows least", asking(10, 500).up(least(by(2, 60, 100, 60))).within(1, 1000), []int32{12}},
	{"no growth", asking(10, 500).up(never(by(2, 60, 100, 60))).within(1, 1000), []int32{10}},
	{"a rule with room", asking(10, 50).up(by(100, 60, 0, 0)).within(1, 1000), []int32{50}},
	{"30 pods a minute", asking(10, 50, 50, 50, 50, 50).up(by(30, 60, 0, 0)).within(1, 1000), []int32{40, 40, 40, 40, 50}},
	{"200 % a minute", asking(10, 50).up(by(0, 0, 200, 60)).within(1, 1000), []int32{30}},
	{"20 pods or 1 % fewer", asking(100, 2).down(by(20, 60, 1, 60)).within(1, 1000), []int32{80}},
	{"2 pods or 1 % fewer", asking(100, 2).down(by(2, 60, 1, 60)).within(1, 1000), []int32{98}},
	{"fewer than there may be", asking(10, 0).down(by(100, 60, 0, 0)).within(1, 1000), []int32{1}},
	{"all of them, but the least", asking(10, 2).down(by(0, 0, 100, 60)).within(5, 1000), []int32{5}},
	{"5 pods fewer", asking(10, 2).down(by(5, 60, 0, 0)).within(1, 1000), []int32{5}},
	{"half of them", asking(10, 5).down(by(0, 0, 50, 60)).within(1, 1000), []int32{5}},
	{"growth of the last two minutes counts", asking(85, 86, 91, 100, 500).up(by(150, 120, 0, 0)).within(1, 1000),
		[]int32{86, 91, 100, 235}},
	{"in percent it counts from where it began", asking(85, 86, 91, 100, 500).up(by(0, 0, 200, 120)).within(1, 1000),
		[]int32{86, 91, 100, 255}},
	{"the most comes before the rule", asking(85, 86, 91, 100, 500).up(by(300, 60, 0, 0)).within(1, 200),
		[]int32{86, 91, 100, 200}},
	{"growth that is used up", asking(85, 90, 500, 500).up(by(5, 120, 0, 0)).within(1, 1000), []int32{90, 90, 90}},
	{"up and down and up again within the period", asking(4, 8, 6, 24).up(by(0, 0, 300, 300)).within(1, 1000),
		[]int32{8, 6, 16}},
	{"shrinking of the last two minutes counts", asking(115, 114, 109, 100, 2).down(by(130, 120, 0, 0)).within(5, 1000),
		[]int32{114, 109, 100, 5}},
	{"shrinking that is used up", asking(105, 100, 2, 2).down(by(5, 120, 0, 0)).within(1, 1000), []int32{100, 100, 100}},
	{"half of what there was two minutes ago", asking(112, 110, 106, 100, 0).down(by(0, 0, 50, 120)).within(1, 1000),
		[]int32{110, 106, 100, 56}},
	{"up and down again within the period", asking(12, 14, 10, 1).down(by(0, 0, 50, 180)).within(1, 1000),
		[]int32{14, 10, 6}},
	{"10 % of what there was is used up", asking(130, 117, 0, 0).down(by(0, 0, 10, 120)).within(1, 1000),
		[]int32{117, 117, 117}},
	{"a jump of one sync is waited out", asking(10, 50, 10, 10).up(window(by(100, 60, 0, 0), 30)).within(1, 1000),
		[]int32{10, 10, 10}},
	{"growth that lasts is not", asking(10, 50, 50, 50).up(window(by(100, 60, 0, 0), 30)).within(1, 1000),
		[]int32{10, 10, 50}},
	{"a dip of one sync is waited out", asking(50, 10, 50, 50).down(window(by(100, 60, 0, 0), 60)).within(1, 1000),
		[]int32{50, 50, 50}},
}

func least(r rules) rules { r.Select = 1; return r }

func never(r rules) rules { r.Select = 2; return r }

func window(r rules, seconds uint16) rules { r.Window = seconds; return r }
