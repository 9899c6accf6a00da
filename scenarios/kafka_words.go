package scenarios

import (
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/trace"
)

// describeKafka says what a request asks for: "Fetch orders-0 from 12, epoch 3". A response cannot be read without its request; what it
// has led to is in the brokers' notes.
func describeKafka() func(*trace.Event) string {
	return func(e *trace.Event) string {
		if e.Kind != trace.Received || len(e.Payload) < 10 {
			return ""
		}
		h, r, err := proto.ReadRequest(e.Payload)
		if err != nil || h.ClientID == "" {
			return ""
		}
		name := kmsg.NameForKey(h.Key)
		if about := kafkaAbout(r); about != "" {
			return name + " " + about
		}
		return name
	}
}

// kafkaAbout is what a request is about.
func kafkaAbout(r kmsg.Request) string {
	switch r := r.(type) {
	case *kmsg.FetchRequest:
		return first(r.Topics, func(t kmsg.FetchRequestTopic) string {
			if len(t.Partitions) == 0 {
				return t.Topic
			}
			p := t.Partitions[0]
			return fmt.Sprintf("%s-%d from %d, epoch %d", t.Topic, p.Partition, p.FetchOffset, p.CurrentLeaderEpoch)
		})
	case *kmsg.ProduceRequest:
		return first(r.Topics, func(t kmsg.ProduceRequestTopic) string {
			if len(t.Partitions) == 0 {
				return t.Topic
			}
			return fmt.Sprintf("%s-%d, %d bytes, acks %d", t.Topic, t.Partitions[0].Partition, len(t.Partitions[0].Records), r.Acks)
		})
	case *kmsg.OffsetForLeaderEpochRequest:
		return first(r.Topics, func(t kmsg.OffsetForLeaderEpochRequestTopic) string {
			if len(t.Partitions) == 0 {
				return t.Topic
			}
			return fmt.Sprintf("%s-%d epoch %d", t.Topic, t.Partitions[0].Partition, t.Partitions[0].LeaderEpoch)
		})
	case *kmsg.LeaderAndISRRequest:
		return first(r.TopicStates, func(t kmsg.LeaderAndISRRequestTopicState) string {
			if len(t.PartitionStates) == 0 {
				return t.Topic
			}
			p := t.PartitionStates[0]
			return fmt.Sprintf("%s-%d: leader %d, epoch %d, ISR %v, of controller epoch %d", t.Topic, p.Partition, p.Leader, p.LeaderEpoch, p.ISR, r.ControllerEpoch)
		})
	case *kmsg.UpdateMetadataRequest:
		return fmt.Sprintf("of controller epoch %d", r.ControllerEpoch)
	case *kmsg.StopReplicaRequest:
		return fmt.Sprintf("of controller epoch %d", r.ControllerEpoch)
	case *kmsg.JoinGroupRequest:
		return fmt.Sprintf("%s as %q", r.Group, r.MemberID)
	case *kmsg.SyncGroupRequest:
		return fmt.Sprintf("%s generation %d", r.Group, r.Generation)
	case *kmsg.HeartbeatRequest:
		return fmt.Sprintf("%s generation %d", r.Group, r.Generation)
	case *kmsg.OffsetCommitRequest:
		return fmt.Sprintf("%s generation %d", r.Group, r.Generation)
	case *kmsg.EndTxnRequest:
		return fmt.Sprintf("%s epoch %d, commit=%v", r.TransactionalID, r.ProducerEpoch, r.Commit)
	case *kmsg.InitProducerIDRequest:
		if r.TransactionalID != nil {
			return *r.TransactionalID
		}
	case *kmsg.CreateTopicsRequest:
		return first(r.Topics, func(t kmsg.CreateTopicsRequestTopic) string { return t.Topic })
	}
	return ""
}

// first says something of the first of a list, and how many more there are.
func first[T any](list []T, say func(T) string) (text string) {
	if len(list) == 0 {
		return ""
	}
	if text = say(list[0]); len(list) > 1 {
		text += fmt.Sprintf(" and %d more", len(list)-1)
	}
	return text
}
