package replica

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// throttle is how long, in milliseconds, a consumer is asked to stay away whose fetch could not wait (KIP-219).
const throttle = 100

// answerFetch makes the response: of everything that was asked for, or within a session of what has changed.
func (m *Manager) answerFetch(env nodes.Env, f *fetch, outs []outcome) {
	resp := &kmsg.FetchResponse{Version: f.version}
	resp.Default()
	if f.session != nil {
		resp.SessionID = f.session.id
		if m.sessions.byID[f.session.id] != f.session {
			resp.SessionID = 0 // it has made room for another meanwhile
		}
		f.session.used = env.Monotonic()
	}
	if f.throttled {
		resp.ThrottleMillis = throttle
	}
	var last *kmsg.FetchResponseTopic
	for i, a := range f.parts {
		o := &outs[i]
		if !f.full && !changed(a, o) {
			continue
		}
		remember(a, o)
		if last == nil || last.Topic != a.tp.Topic {
			resp.Topics = append(resp.Topics, kmsg.FetchResponseTopic{Topic: a.tp.Topic})
			last = &resp.Topics[len(resp.Topics)-1]
			if len(resp.Topics) == 1 {
				last.Partitions = make([]kmsg.FetchResponseTopicPartition, 0, len(f.parts)-i)
			}
		}
		last.Partitions = append(last.Partitions, partitionAnswer(f, a.tp.Partition, o))
	}
	if f.session != nil {
		f.session.rotate(f.parts, outs)
	}
	m.done(f.call, resp)
}

// partitionAnswer is what one partition is answered with.
func partitionAnswer(f *fetch, n int32, o *outcome) kmsg.FetchResponseTopicPartition {
	out := kmsg.NewFetchResponseTopicPartition()
	out.Partition, out.ErrorCode = n, int16(o.code)
	out.HighWatermark, out.LastStableOffset, out.LogStartOffset = o.read.HighWatermark, o.read.LastStable, o.read.Start
	out.PreferredReadReplica = o.preferred
	out.RecordBatches = o.read.Records
	if out.RecordBatches == nil {
		out.RecordBatches = []byte{} // null is not allowed by the older clients
	}
	if o.diverging != nil {
		out.DivergingEpoch.Epoch, out.DivergingEpoch.EndOffset = o.diverging.Epoch, o.diverging.End
	}
	if f.isolation == log.ReadCommitted {
		out.AbortedTransactions = make([]kmsg.FetchResponseTopicPartitionAbortedTransaction, 0, len(o.read.Aborted))
		for _, t := range o.read.Aborted {
			out.AbortedTransactions = append(out.AbortedTransactions,
				kmsg.FetchResponseTopicPartitionAbortedTransaction{ProducerID: t.ProducerID, FirstOffset: t.FirstOffset})
		}
	}
	return out
}

// changed tells whether an incremental response has something to say of a partition.
func changed(a *asked, o *outcome) bool {
	return !a.told || o.code != proto.None || len(o.read.Records) > 0 || o.diverging != nil || o.preferred >= 0 ||
		o.read.HighWatermark != a.toldHW || o.read.Start != a.toldStart
}

// remember notes what a partition was answered with. After an error the next answer says everything again; after a divergence too, for
// who truncates takes nothing else of the answer (KAFKA-14704), and would never hear of a high watermark that stands still.
func remember(a *asked, o *outcome) {
	a.told, a.toldHW, a.toldStart = o.code == proto.None && o.diverging == nil, o.read.HighWatermark, o.read.Start
}
