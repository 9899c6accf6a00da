package client

import (
	"cmp"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// session is a fetch session with a broker (KIP-227), and the fetch that is on its way there.
type session struct {
	broker int32
	id     int32
	epoch  int32 // 0: begin anew
	parts  []wanted
	asked  []wanted // what the fetch on its way asks for, nil if there is none
	call   *Call
	after  time.Duration // not to be asked before
}

// wanted is what a fetch says of a partition.
type wanted struct {
	tp     TopicPartition
	offset int64
	leader int32 // the leader epoch that the consumer believes in
}

// session is that with a broker.
func (c *Consumer) session(broker int32) *session {
	i, found := slices.BinarySearchFunc(c.sessions, broker, func(s *session, b int32) int { return cmp.Compare(s.broker, b) })
	if !found {
		c.sessions = slices.Insert(c.sessions, i, &session{broker: broker})
	}
	return c.sessions[i]
}

// fetch asks every broker from which something is wanted and no answer is due.
func (c *Consumer) fetch(t *task.T) {
	var brokers []int32
	wants := map[int32][]wanted{}
	for _, r := range c.parts {
		if !r.known || r.paused || r.busy || len(r.buffer) > 0 || r.err != nil {
			continue
		}
		broker, epoch, ok := c.cluster.leader(r.tp)
		if now := (reign{broker, epoch}); ok && r.reign != now {
			r.reign, r.from = now, -1
		}
		if r.from >= 0 && t.Monotonic() < r.until {
			if _, alive := c.cluster.broker(r.from); alive {
				broker = r.from
			} else { // it has come since the brokers were asked for, and the leader would send on to it for ever
				c.refresh(t)
			}
		}
		if !ok {
			c.refresh(t)
			continue
		}
		if r.leader != epoch && !c.cluster.config.Quirks.NoValidation {
			continue // first it must be clear that the leader has what was read
		}
		if c.cluster.config.Quirks.NoEpochFence {
			epoch = -1
		}
		if len(wants[broker]) == 0 {
			brokers = append(brokers, broker)
		}
		wants[broker] = append(wants[broker], wanted{r.tp, r.fetched, epoch})
	}
	slices.Sort(brokers)
	for _, b := range brokers {
		s := c.session(b)
		if s.call != nil || t.Monotonic() < s.after {
			continue
		}
		s.asked = wants[b]
		for _, w := range s.asked {
			c.reading(w.tp).busy = true
		}
		s.call = c.cluster.start(t, b, c.fetching, c.request(s), c.config.MaxWait+c.cluster.config.RequestTimeout, &c.wake)
	}
}

// request makes the next fetch of a session: all partitions at its beginning, later those that have changed.
func (c *Consumer) request(s *session) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.ReplicaID, r.MaxWaitMillis, r.MinBytes, r.MaxBytes = -1, millis(c.config.MaxWait), c.config.MinBytes, c.config.MaxBytes
	r.Rack = c.cluster.config.Rack
	r.SessionID, r.SessionEpoch = s.id, s.epoch
	if c.config.ReadCommitted {
		r.IsolationLevel = 1
	}
	if c.config.NoSessions {
		r.SessionID, r.SessionEpoch = 0, -1
		s.parts = nil
	}
	if s.epoch == 0 {
		s.parts = nil
	}
	for _, w := range s.asked {
		if slices.Contains(s.parts, w) {
			continue
		}
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != w.tp.Topic {
			rt := kmsg.NewFetchRequestTopic()
			rt.Topic = w.tp.Topic
			r.Topics = append(r.Topics, rt)
		}
		rp := kmsg.NewFetchRequestTopicPartition()
		rp.Partition, rp.FetchOffset, rp.CurrentLeaderEpoch, rp.PartitionMaxBytes = w.tp.Partition, w.offset, w.leader, c.config.MaxPartitionBytes
		rp.LogStartOffset = -1
		rt := &r.Topics[len(r.Topics)-1]
		rt.Partitions = append(rt.Partitions, rp)
	}
	for _, old := range s.parts {
		if slices.ContainsFunc(s.asked, func(w wanted) bool { return w.tp == old.tp }) {
			continue
		}
		if n := len(r.ForgottenTopics); n == 0 || r.ForgottenTopics[n-1].Topic != old.tp.Topic {
			rt := kmsg.NewFetchRequestForgottenTopic()
			rt.Topic = old.tp.Topic
			r.ForgottenTopics = append(r.ForgottenTopics, rt)
		}
		rt := &r.ForgottenTopics[len(r.ForgottenTopics)-1]
		rt.Partitions = append(rt.Partitions, old.tp.Partition)
	}
	s.parts = s.asked
	return r
}

// answered tells that a fetch is done.
func (c *Consumer) answered() bool {
	return slices.ContainsFunc(c.sessions, func(s *session) bool { return s.call != nil && s.call.done })
}

// pause is how long nothing happens by itself.
func (c *Consumer) pause(t *task.T) time.Duration {
	then := task.Forever
	waiting := false
	for _, s := range c.sessions {
		if s.call != nil {
			then, waiting = min(then, s.call.expires), true
		}
	}
	pause := task.Forever
	if waiting {
		pause = max(until(t, then), time.Millisecond)
	}
	if m := c.member; m != nil {
		pause = min(pause, c.config.Heartbeat)
	}
	for _, r := range c.parts { // something has to be tried again
		if !r.busy && !r.paused && len(r.buffer) == 0 {
			pause = min(pause, c.cluster.config.RetryBackoff)
		}
	}
	return pause
}

// reap takes the answers that have come.
func (c *Consumer) reap(t *task.T) {
	for _, s := range c.sessions {
		if s.call == nil {
			continue
		}
		s.call.expire(t)
		if s.call.done {
			call, asked := s.call, s.asked
			s.call, s.asked = nil, nil
			for _, w := range asked {
				if r := c.reading(w.tp); r != nil {
					r.busy = false
				}
			}
			c.receive(t, s, asked, call)
		}
	}
}

// receive deals with an answer as a whole.
func (c *Consumer) receive(t *task.T, s *session, asked []wanted, call *Call) {
	if call.err != nil {
		c.abandon(t, s, asked)
		return
	}
	resp := call.resp.(*kmsg.FetchResponse)
	switch proto.Code(resp.ErrorCode) {
	case proto.None:
	case proto.FetchSessionIDNotFound:
		s.id, s.epoch = 0, 0
		return
	case proto.InvalidFetchSessionEpoch:
		s.epoch = 0
		return
	default:
		c.abandon(t, s, asked)
		return
	}
	switch {
	case c.config.NoSessions:
	case s.epoch == 0:
		if s.id = resp.SessionID; s.id != 0 {
			s.epoch = 1
		}
	case s.epoch == 1<<31-1:
		s.epoch = 1
	default:
		s.epoch++
	}
	for i := range resp.Topics {
		for j := range resp.Topics[i].Partitions {
			p := &resp.Topics[i].Partitions[j]
			tp := TopicPartition{resp.Topics[i].Topic, p.Partition}
			k := slices.IndexFunc(asked, func(w wanted) bool { return w.tp == tp })
			if r := c.reading(tp); k >= 0 && r != nil && r.known && r.fetched == asked[k].offset {
				c.received(t, s.broker, r, p)
			}
		}
	}
}

// abandon begins the session anew, and goes back to the leaders.
func (c *Consumer) abandon(t *task.T, s *session, asked []wanted) {
	s.epoch = 0 // with the id, so that the broker forgets the old one
	s.after = t.Monotonic() + c.cluster.config.RetryBackoff
	for _, w := range asked {
		if r := c.reading(w.tp); r != nil {
			r.from = -1
		}
	}
	c.refresh(t)
}

// refresh asks for the leaders anew, at most once in a back-off.
func (c *Consumer) refresh(t *task.T) {
	if c.asked != 0 && t.Monotonic() < c.asked+c.cluster.config.RetryBackoff {
		return
	}
	c.asked = t.Monotonic()
	var topics []string
	for _, r := range c.parts {
		if len(topics) == 0 || topics[len(topics)-1] != r.tp.Topic {
			topics = append(topics, r.tp.Topic)
		}
	}
	spawn(t, "metadata", func(t *task.T) {
		_ = c.cluster.Refresh(t, topics...) // a failure shows as a leader that is not known
		c.wake.Raise(t)
	})
}
