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
	epoch int32           // of the next fetch; sessionInitial asks for a new session
	told  []toldPartition // by topic and partition
	spare []toldPartition // memory for the next
}

// toldPartition is what the leader knows of a partition from the fetches so far.
type toldPartition struct {
	tp                 log.TopicPartition
	epoch, lastFetched int32
	offset, start      int64
}

func newFetchSession() fetchSession { return fetchSession{epoch: sessionInitial} }

// reset lets the next fetch begin a new session, in place of this one if the leader still has it.
func (s *fetchSession) reset() {
	s.epoch = sessionInitial
	s.told = s.told[:0]
}

// build fills in what the fetch is about. parts is sorted. lastFetched tells the leader the epoch of the last record too.
func (s *fetchSession) build(r *kmsg.FetchRequest, parts []sent, maxBytes int32, lastFetched bool) {
	r.SessionID, r.SessionEpoch = s.id, s.epoch
	before, next := s.told, s.spare[:0]
	for _, x := range parts {
		now := toldPartition{tp: x.p.tp, epoch: x.epoch, lastFetched: record.NoLeaderEpoch, offset: x.offset, start: x.p.log.StartOffset()}
		if lastFetched {
			now.lastFetched = x.p.log.LatestEpoch()
		}
		next = append(next, now)
		for len(before) > 0 && compareTP(before[0].tp, now.tp) < 0 {
			forget(r, before[0].tp)
			before = before[1:]
		}
		if len(before) > 0 && before[0].tp == now.tp {
			same := before[0] == now
			if before = before[1:]; same {
				continue
			}
		}
		want(r, now, maxBytes)
	}
	for _, x := range before {
		forget(r, x.tp)
	}
	s.told, s.spare = next, s.told
}

// want adds a partition to a fetch.
func want(r *kmsg.FetchRequest, now toldPartition, maxBytes int32) {
	if n := len(r.Topics); n == 0 || r.Topics[n-1].Topic != now.tp.Topic {
		t := kmsg.NewFetchRequestTopic()
		t.Topic = now.tp.Topic
		r.Topics = append(r.Topics, t)
	}
	in := kmsg.NewFetchRequestTopicPartition()
	in.Partition, in.CurrentLeaderEpoch, in.LastFetchedEpoch = now.tp.Partition, now.epoch, now.lastFetched
	in.FetchOffset, in.LogStartOffset, in.PartitionMaxBytes = now.offset, now.start, maxBytes
	t := &r.Topics[len(r.Topics)-1]
	t.Partitions = append(t.Partitions, in)
}

// forget takes a partition out of the session.
func forget(r *kmsg.FetchRequest, tp log.TopicPartition) {
	if n := len(r.ForgottenTopics); n == 0 || r.ForgottenTopics[n-1].Topic != tp.Topic {
		t := kmsg.NewFetchRequestForgottenTopic()
		t.Topic = tp.Topic
		r.ForgottenTopics = append(r.ForgottenTopics, t)
	}
	t := &r.ForgottenTopics[len(r.ForgottenTopics)-1]
	t.Partitions = append(t.Partitions, tp.Partition)
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
