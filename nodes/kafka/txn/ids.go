package txn

import (
	"orrery/nodes"
	"orrery/nodes/kafka/proto"
)

// producerIDs is the store of producer ids that were given to this broker: at most the rest of one block and all of the next.
type producerIDs struct {
	next, end        int64 // of the block in use; equal when it is used up
	size             int64
	nextFirst, nextN int64 // the block that was asked for ahead
	asking           uint64
	waiting          []reply // InitProducerIds that found the store empty
}

// take gives out a producer id. ok is false while there is none; then, and when nine tenths of the block are used up, the next
// block is asked for.
func (c *Coordinator) take() (pid int64, ok bool) {
	s := &c.ids
	if s.next == s.end && s.nextN > 0 {
		s.next, s.end, s.size, s.nextN = s.nextFirst, s.nextFirst+s.nextN, s.nextN, 0
	}
	if ok = s.next < s.end; ok {
		pid = s.next
		s.next++
	}
	if (s.end-s.next)*10 <= s.size && s.nextN == 0 && s.asking == 0 {
		s.asking = c.newCall()
		c.emit(NeedProducerIDs{s.asking})
	}
	return pid, ok
}

// ProducerIDs tells which block of producer ids NeedProducerIDs has got, or why none.
func (c *Coordinator) ProducerIDs(env nodes.Env, call uint64, first, count int64, err error) {
	s := &c.ids
	if call != s.asking || call == 0 {
		return
	}
	s.asking = 0
	waiting := s.waiting
	s.waiting = nil
	if err == nil && count > 0 {
		s.nextFirst, s.nextN = first, count
		nodes.Sometimes(env, len(waiting) > 1, "kafka/txn: several producers wait for one block of ids")
	}
	for _, r := range waiting {
		if err != nil || count <= 0 {
			c.answer(r, proto.CoordinatorLoadInProgress) // which a client retries
			continue
		}
		c.initProducerID(env, r)
	}
}
