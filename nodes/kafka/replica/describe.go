package replica

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
)

// handleDescribeLogDirs tells how large the logs are. No topics at all asks for everything.
func (m *Manager) handleDescribeLogDirs(call uint64, r *kmsg.DescribeLogDirsRequest) {
	resp := r.ResponseKind().(*kmsg.DescribeLogDirsResponse)
	dir := kmsg.NewDescribeLogDirsResponseDir()
	dir.Dir = m.cfg.Dir
	wanted := map[log.TopicPartition]bool{}
	for _, t := range r.Topics {
		for _, n := range t.Partitions {
			wanted[log.TopicPartition{Topic: t.Topic, Partition: n}] = true
		}
	}
	for _, p := range m.parts {
		if p.log == nil || r.Topics != nil && !wanted[p.tp] {
			continue
		}
		if n := len(dir.Topics); n == 0 || dir.Topics[n-1].Topic != p.tp.Topic {
			t := kmsg.NewDescribeLogDirsResponseDirTopic()
			t.Topic = p.tp.Topic
			dir.Topics = append(dir.Topics, t)
		}
		t := &dir.Topics[len(dir.Topics)-1]
		out := kmsg.NewDescribeLogDirsResponseDirTopicPartition()
		out.Partition, out.Size = p.tp.Partition, p.log.Size()
		out.OffsetLag = max(p.log.HighWatermark()-p.log.EndOffset(), 0)
		t.Partitions = append(t.Partitions, out)
	}
	resp.Dirs = append(resp.Dirs, dir)
	m.done(call, resp)
}

// handleDescribeProducers tells what producers the logs know, to find transactions that hang (KIP-664).
func (m *Manager) handleDescribeProducers(call uint64, r *kmsg.DescribeProducersRequest) {
	resp := r.ResponseKind().(*kmsg.DescribeProducersResponse)
	for i := range r.Topics {
		t := kmsg.NewDescribeProducersResponseTopic()
		t.Topic = r.Topics[i].Topic
		for _, n := range r.Topics[i].Partitions {
			out := kmsg.NewDescribeProducersResponseTopicPartition()
			out.Partition = n
			tp := log.TopicPartition{Topic: t.Topic, Partition: n}
			p := m.at(tp)
			switch {
			case p == nil:
				out.ErrorCode = int16(m.missing(tp))
			case p.log == nil || p.role == idle:
				out.ErrorCode = int16(proto.NotLeaderForPartition)
			default:
				out.ActiveProducers = producers(p.log)
			}
			t.Partitions = append(t.Partitions, out)
		}
		resp.Topics = append(resp.Topics, t)
	}
	m.done(call, resp)
}

func producers(l *log.Log) (all []kmsg.DescribeProducersResponseTopicPartitionActiveProducer) {
	for _, x := range l.Producers() {
		out := kmsg.NewDescribeProducersResponseTopicPartitionActiveProducer()
		out.ProducerID, out.ProducerEpoch, out.LastSequence = x.ID, int32(x.Epoch), x.LastSequence
		out.LastTimestamp, out.CoordinatorEpoch, out.CurrentTxnStartOffset = x.LastTimestamp, x.CoordinatorEpoch, x.TxnStart
		all = append(all, out)
	}
	return all
}
