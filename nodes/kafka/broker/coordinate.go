package broker

import (
	"strconv"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/txn"
)

// findCoordinator tells which broker coordinates a group or a transactional id.
func (b *Broker) findCoordinator(env nodes.Env, call uint64, listener string, r *kmsg.FindCoordinatorRequest) {
	resp := r.ResponseKind().(*kmsg.FindCoordinatorResponse)
	topic, partition := group.OffsetsTopic, int32(0)
	switch r.CoordinatorType {
	case 0:
		partition = b.groups.PartitionFor(r.CoordinatorKey)
	case 1:
		topic, partition = txn.StateTopic, b.txns.PartitionFor(r.CoordinatorKey)
	default:
		topic = ""
	}
	code, e, id := b.leaderAt(env, topic, partition, listener)
	resp.ErrorCode, resp.NodeID, resp.Host, resp.Port = int16(code), id, e.host, e.port
	if code != proto.None {
		message := code.String()
		resp.ErrorMessage = &message
	}
	b.done(env, call, resp)
}

// leaderAt is who leads a partition of a coordinator's topic, which is made if there is none.
func (b *Broker) leaderAt(env nodes.Env, topic string, partition int32, listener string) (proto.Code, endpoint, int32) {
	none := endpoint{port: -1}
	if topic == "" {
		return proto.InvalidRequest, none, -1
	}
	if _, known := b.cache.topics[topic]; !known {
		b.createInternal(env, topic)
		return proto.CoordinatorNotAvailable, none, -1
	}
	if s, ok := b.cache.partition(topic, partition); ok {
		if p, lives := b.cache.broker(s.Leader); lives {
			if e, ok := p.at(listener); ok {
				return proto.None, e, p.id
			}
		}
	}
	return proto.CoordinatorNotAvailable, none, -1
}

// createInternal makes a topic of the coordinators, if there are as many brokers as it has replicas: it would keep fewer for ever.
func (b *Broker) createInternal(env nodes.Env, topic string) proto.Code {
	partitions, replication := b.cfg.Group.Partitions, b.cfg.Group.Replication
	settings := [][2]string{{"cleanup.policy", "compact"}, {"compression.type", "producer"},
		{"segment.bytes", strconv.FormatInt(b.cfg.Group.SegmentBytes, 10)}}
	if topic == txn.StateTopic {
		partitions, replication = b.cfg.Txn.Partitions, b.cfg.Txn.Replication
		settings[2][1] = strconv.FormatInt(b.cfg.Txn.SegmentBytes, 10)
		settings = append(settings, [2]string{"min.insync.replicas", strconv.Itoa(int(b.cfg.Txn.MinISR))},
			[2]string{"unclean.leader.election.enable", "false"})
	}
	if len(b.cache.brokers) < int(replication) {
		return proto.CoordinatorNotAvailable
	}
	b.create(env, topic, partitions, replication, settings)
	return proto.LeaderNotAvailable
}

// create makes a topic that somebody has asked for and that is not there, once.
func (b *Broker) create(env nodes.Env, topic string, partitions int32, replication int16, settings [][2]string) {
	if b.creating[topic] {
		return
	}
	topic = strings.Clone(topic)
	b.creating[topic] = true
	r := kmsg.NewPtrCreateTopicsRequest()
	r.Version = proto.Max(r.Key(), false)
	r.TimeoutMillis = int32(b.cfg.RequestTimeout.Milliseconds())
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = topic, partitions, replication
	for _, s := range settings {
		c := kmsg.NewCreateTopicsRequestTopicConfig()
		c.Name, c.Value = s[0], &s[1]
		t.Configs = append(t.Configs, c)
	}
	r.Topics = append(r.Topics, t)
	b.calls++
	b.pending[b.calls] = pending{topic: topic}
	b.ctrl.AutoCreate(env, b.calls, r)
}

// created is the end of a topic's making. What went wrong shows when it is asked for again.
func (b *Broker) created(env nodes.Env, topic string, resp kmsg.Response) {
	delete(b.creating, topic)
	if r, ok := resp.(*kmsg.CreateTopicsResponse); ok && nodes.Noting(env) {
		for _, t := range r.Topics {
			nodes.Note(env, "makes topic "+t.Topic+": "+proto.Code(t.ErrorCode).String())
		}
	}
}

// verification is a question to a transaction's coordinator (KIP-890): whether partitions are part of a transaction.
type verification struct {
	partitions []log.TopicPartition
	replica    uint64 // the call of the replica manager, or
	group      uint64 // that of the group coordinator
}

// verify asks a transaction's coordinator, which may be this broker.
func (b *Broker) verify(env nodes.Env, v verification, id string, producer int64, epoch int16) {
	b.verifications++
	call := b.verifications
	b.verifying[call] = v
	s, ok := b.cache.partition(txn.StateTopic, b.txns.PartitionFor(id))
	if !ok || s.Leader < 0 {
		b.failures = append(b.failures, failure{verifying, call, errNoBroker})
		return
	}
	r := kmsg.NewPtrAddPartitionsToTxnRequest()
	r.Version = proto.Max(r.Key(), true)
	t := kmsg.NewAddPartitionsToTxnRequestTransaction()
	t.TransactionalID, t.ProducerID, t.ProducerEpoch, t.VerifyOnly = id, producer, epoch, true
	for _, tp := range v.partitions {
		if n := len(t.Topics); n == 0 || t.Topics[n-1].Topic != tp.Topic {
			topic := kmsg.NewAddPartitionsToTxnRequestTransactionTopic()
			topic.Topic = tp.Topic
			t.Topics = append(t.Topics, topic)
		}
		last := &t.Topics[len(t.Topics)-1]
		last.Partitions = append(last.Partitions, tp.Partition)
	}
	r.Transactions = append(r.Transactions, t)
	b.send(env, linkKey{s.Leader, verifying}, b.address(s.Leader), call, r)
}

// verified takes the coordinator's answer. A partition of which it says nothing could not be asked about.
func (b *Broker) verified(env nodes.Env, call uint64, resp kmsg.Response, err error) {
	v, ok := b.verifying[call]
	if !ok {
		return
	}
	delete(b.verifying, call)
	codes := verdicts(v, resp, err)
	if v.group != 0 {
		code := proto.CoordinatorNotAvailable
		if len(codes) > 0 {
			code = codes[0].Code
		}
		b.groups.Verified(env, v.group, code)
		return
	}
	b.replicas.Verified(env, v.replica, codes)
}

// verdicts are the codes of the partitions in an answer.
func verdicts(v verification, resp kmsg.Response, err error) (codes []partitionCode) {
	r, ok := resp.(*kmsg.AddPartitionsToTxnResponse)
	if err != nil || !ok {
		return nil
	}
	if r.ErrorCode != 0 {
		for _, tp := range v.partitions {
			codes = append(codes, partitionCode{Partition: tp, Code: record.Code(r.ErrorCode)})
		}
		return codes
	}
	for _, t := range r.Transactions {
		for _, topic := range t.Topics {
			for _, p := range topic.Partitions {
				codes = append(codes, partitionCode{Partition: log.TopicPartition{Topic: topic.Topic, Partition: p.Partition}, Code: record.Code(p.ErrorCode)})
			}
		}
	}
	return codes
}

// journal is a coordinator's log: a topic whose partitions this broker leads now and then.
type journal struct {
	b     *Broker
	topic string
}

// Append implements [group.Journal] and [txn.Journal].
func (j journal) Append(env nodes.Env, partition int32, batch []byte, timeout time.Duration) uint64 {
	if j.topic == group.OffsetsTopic {
		j.b.journalled++
	}
	return j.b.replicas.Append(env, j.at(partition), batch, timeout)
}

// Read implements [group.Journal] and [txn.Journal].
func (j journal) Read(env nodes.Env, partition int32, offset int64, maxBytes int) (log.Fetched, error) {
	return j.b.replicas.Read(env, j.at(partition), offset, maxBytes)
}

// LeaderEpoch implements [group.Journal] and [txn.Journal].
func (j journal) LeaderEpoch(partition int32) (int32, bool) {
	return j.b.replicas.LeaderEpoch(j.at(partition))
}

func (j journal) at(partition int32) log.TopicPartition {
	return log.TopicPartition{Topic: j.topic, Partition: partition}
}
