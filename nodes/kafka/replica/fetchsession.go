package replica

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// fetchSession is a fetcher's side of an incremental fetch session (KIP-227): only what has changed since the last fetch is sent.
type fetchSession struct {
	id    int32
	epoch int32 // of the next fetch; sessionInitial asks for a new session
	told  map[log.TopicPartition]toldPartition
	order []log.TopicPartition // of told
}

// toldPartition is what the leader knows from the fetches so far.
type toldPartition struct {
	epoch, lastFetched int32
	offset, start      int64
}

func newFetchSession() fetchSession {
	return fetchSession{epoch: sessionInitial, told: map[log.TopicPartition]toldPartition{}}
}

// reset lets the next fetch begin a new session, in place of this one if the leader still has it.
func (s *fetchSession) reset() {
	s.epoch = sessionInitial
	clear(s.told)
	s.order = nil
}

// build fills in what the fetch is about. lastFetched tells the leader the epoch of the last record too.
func (s *fetchSession) build(r *kmsg.FetchRequest, parts []sent, maxBytes int32, lastFetched bool) {
	r.SessionID, r.SessionEpoch = s.id, s.epoch
	full := s.epoch == sessionInitial
	next := make(map[log.TopicPartition]toldPartition, len(parts))
	order := make([]log.TopicPartition, 0, len(parts))
	for _, x := range parts {
		now := toldPartition{epoch: x.epoch, lastFetched: record.NoLeaderEpoch, offset: x.offset, start: x.p.log.StartOffset()}
		if lastFetched {
			now.lastFetched = x.p.log.LatestEpoch()
		}
		before, known := s.told[x.p.tp]
		next[x.p.tp] = now
		order = append(order, x.p.tp)
		if !full && known && before == now {
			continue
		}
		if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != x.p.tp.Topic {
			t := kmsg.NewFetchRequestTopic()
			t.Topic = x.p.tp.Topic
			r.Topics = append(r.Topics, t)
		}
		in := kmsg.NewFetchRequestTopicPartition()
		in.Partition, in.CurrentLeaderEpoch, in.LastFetchedEpoch = x.p.tp.Partition, now.epoch, now.lastFetched
		in.FetchOffset, in.LogStartOffset, in.PartitionMaxBytes = now.offset, now.start, maxBytes
		t := &r.Topics[len(r.Topics)-1]
		t.Partitions = append(t.Partitions, in)
	}
	for _, tp := range s.order {
		if _, ok := next[tp]; !ok && !full {
			if n := len(r.ForgottenTopics); n == 0 || r.ForgottenTopics[n-1].Topic != tp.Topic {
				t := kmsg.NewFetchRequestForgottenTopic()
				t.Topic = tp.Topic
				r.ForgottenTopics = append(r.ForgottenTopics, t)
			}
			t := &r.ForgottenTopics[len(r.ForgottenTopics)-1]
			t.Partitions = append(t.Partitions, tp.Partition)
		}
	}
	s.told, s.order = next, order
}

// answered takes the leader's answer; false if it says nothing of the partitions.
func (s *fetchSession) answered(r *kmsg.FetchResponse) bool {
	switch code := proto.Code(r.ErrorCode); code {
	case proto.None:
	case proto.FetchSessionIDNotFound:
		s.reset()
		s.id = 0
		return false
	default:
		s.reset()
		return false
	}
	switch {
	case r.SessionID == 0: // the leader has no room for a session, or has dropped it
		s.reset()
		s.id = 0
	case s.epoch == sessionInitial:
		s.id, s.epoch = r.SessionID, 1
	default:
		s.epoch = nextSessionEpoch(s.epoch)
	}
	return true
}
