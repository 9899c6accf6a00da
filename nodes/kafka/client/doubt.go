package client

import "slices"

// doubt is what brokers say in a row that takes back what was heard before: a smaller leader epoch, or that there is no such topic. A
// topic that was deleted, and perhaps made anew, looks so to all; but so does, to one, a broker that lags, has just started, or is cut
// off and does not know that the world has gone on. Metadata of 2.4 has no topic ids to tell by.
type doubt struct {
	times int
	by    []int32 // who says so
}

// rewindLimit is how often in a row it must be said.
const rewindLimit = 5

// more is d after a broker has said so once more.
func (d doubt) more(broker int32) doubt {
	if !slices.Contains(d.by, broker) {
		d.by = append(slices.Clip(d.by), broker)
	}
	d.times++
	return d
}

// settled tells whether it is to be believed: it was said often, and by each of the brokers that are there. One that is cut off lists as
// alive those who would contradict it.
func (d doubt) settled(brokers []Broker) bool {
	return d.times >= rewindLimit && !slices.ContainsFunc(brokers, func(b Broker) bool { return !slices.Contains(d.by, b.ID) })
}
