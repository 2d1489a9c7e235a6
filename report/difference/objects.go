package difference

import (
	"reflect"
	"slices"

	"github.com/kube-rehearse/rehearse/sim/record"
)

// ring is the last records.
type ring struct {
	list []Placed
	next int // where the oldest stands, once the list is full
}

func (r *ring) add(p Placed) {
	if len(r.list) < remembered {
		r.list = append(r.list, p)
		return
	}
	r.list[r.next] = p
	r.next = (r.next + 1) % remembered
}

// told is how many records about the same objects are told.
const told = 8

// about are the last records, of one replication, about the objects of two records.
// When there is none, it is the last record.
func (r *ring) about(of ...record.Record) (list []Placed) {
	names := map[string]bool{}
	replication, known := 0, false
	for _, o := range of {
		if o == nil {
			continue
		}
		for _, name := range objects(o) {
			names[name] = true
		}
		if at, placed := o.(interface{ When() record.At }); placed {
			replication, known = at.When().Replication, true
		}
	}
	for i := len(r.list) - 1; i >= 0 && len(list) < told; i-- {
		p := r.list[(r.next+i)%len(r.list)]
		at, placed := p.Record.(interface{ When() record.At })
		if !placed || known && at.When().Replication != replication {
			break
		}
		for _, name := range objects(p.Record) {
			if names[name] {
				list = append(list, p)
				break
			}
		}
	}
	slices.Reverse(list)
	if len(list) == 0 && len(r.list) > 0 {
		list = []Placed{r.list[(r.next+len(r.list)-1)%len(r.list)]}
	}
	return list
}

// objectFields are the fields of records that name an object of the cluster.
var objectFields = []string{
	"Pod", "Owner", "Workload", "ReplicaSet", "Service", "Node", "HPA", "Job", "Quota", "Budget", "ScaledObject", "Object",
}

// objects are the names that a record has in those fields.
func objects(r record.Record) (names []string) {
	v := reflect.ValueOf(r)
	for _, field := range objectFields {
		if f := v.FieldByName(field); f.IsValid() && f.Kind() == reflect.String && f.Len() > 0 {
			names = append(names, f.String())
		}
	}
	return names
}
