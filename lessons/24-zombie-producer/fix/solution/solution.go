// Package solution is the reference solution of lesson 24.
package solution

import (
	"orrery/lessons/24-zombie-producer"
	"orrery/lessons/partition"
)

// New makes what judges records.
func New() zombieproducer.Judge { return judge{} }

type judge struct{}

// Judge looks at the instance first, for numbers of two instances have nothing to do with each other; then at the number, of which the next one is
// wanted. A new instance begins at 0.
func (judge) Judge(last partition.Stamp, any bool, next partition.Stamp) partition.Verdict {
	want := 0
	switch {
	case any && next.Epoch < last.Epoch:
		return partition.Fenced
	case any && next.Epoch == last.Epoch:
		want = last.Seq + 1
	}
	switch {
	case next.Seq < want:
		return partition.Duplicate
	case next.Seq > want:
		return partition.OutOfOrder
	}
	return partition.Append
}
