package isolation

import (
	"cmp"
	"slices"
)

// processOrder adds an edge from each committed transaction to those that its process ran next, up to and including the
// next committed one. What ended in Info may take effect at any later time, so nothing follows it.
func (g *graph) processOrder(h []Txn, byInvoke []int32) int {
	last := make(map[int64]int32)
	n := 0
	for _, i := range byInvoke {
		if h[i].Type == Fail {
			continue
		}
		if j, ok := last[h[i].Process]; ok {
			g.add(j, edge{to: i, ref: none, k: kProcess})
			n++
		}
		if h[i].Type == OK {
			last[h[i].Process] = i
		}
	}
	return n
}

// realtimeOrder adds the order of real time: from each committed transaction to all that were invoked after its return.
// These are up to n² edges, and after transitive reduction still as many as concurrency allows; so they run over a chain of
// moments instead, one for each invocation that follows a return: three edges for each transaction.
func (g *graph) realtimeOrder(h []Txn, byInvoke []int32) int {
	var returned []int32
	for i := range h {
		if h[i].Type == OK {
			returned = append(returned, int32(i))
		}
	}
	less := func(a, b int32) int { return cmp.Compare(h[a].Return, h[b].Return) }
	if !slices.IsSortedFunc(returned, less) {
		slices.SortFunc(returned, less)
	}
	moment, done, n := int32(none), 0, 0
	for _, i := range byInvoke {
		if h[i].Type == Fail {
			continue
		}
		if done < len(returned) && h[returned[done]].Return < h[i].Invoke {
			next := g.node()
			if moment != none {
				g.add(moment, edge{to: next, ref: none, k: kLink})
			}
			for ; done < len(returned) && h[returned[done]].Return < h[i].Invoke; done++ {
				g.add(returned[done], edge{to: next, ref: none, k: kRealtime})
			}
			moment = next
		}
		if moment != none {
			g.add(moment, edge{to: i, ref: none, k: kLink})
			n++
		}
	}
	return n
}
