package scenarios

import (
	"fmt"
	"slices"

	"orrery/nodes/zab"
	"orrery/nodes/zab/proto"
)

// zkCommitted is what an ensemble has committed, as its primaries' milestones tell it: what each began with, what it broadcast, and what
// of it is committed. No server's disk tells as much. Who was brought up to date by SNAP has none of that history in its log, and when
// it comes to lead, the end of that history may be committed by nothing but its quorum.
type zkCommitted struct {
	last      int64                        // zxid of the last that is committed
	broadcast map[int64]*proto.Transaction // by zxid: what may be committed some day
	initial   map[int64]int64              // by epoch: the last zxid of what its primary began with
}

// take takes a milestone of any server, and returns what is committed by it and was not before, in order.
func (c *zkCommitted) take(m zab.Milestone) ([]*proto.Transaction, error) {
	if c.broadcast == nil {
		c.broadcast, c.initial = map[int64]*proto.Transaction{}, map[int64]int64{}
	}
	switch m.Kind {
	case zab.EpochEstablished:
		c.initial[m.Epoch] = m.Zxid
	case zab.Proposed:
		c.broadcast[m.Zxid] = m.Txn
	case zab.Committed, zab.HistoryCommitted:
		return c.upTo(m.Zxid)
	}
	return nil, nil
}

// upTo is what leads from the last that is committed to a zxid: what its primary has broadcast up to it, behind what that primary
// began with. A primary that hears late of a quorum which has moved on adds nothing.
func (c *zkCommitted) upTo(zxid int64) ([]*proto.Transaction, error) {
	var list []*proto.Transaction
	for at := zxid; at > c.last; {
		t, known := c.broadcast[at]
		switch before, began := c.initial[proto.Epoch(at)]; {
		case known:
			list = append(list, t)
			at--
		case proto.Counter(at) == 0 && began && before < at:
			at = before
		default:
			return nil, fmt.Errorf("%x is committed, and nobody has broadcast %x", zxid, at)
		}
	}
	slices.Reverse(list)
	for _, t := range list {
		c.last = t.Header.Zxid
		delete(c.broadcast, c.last)
	}
	return list, nil
}
