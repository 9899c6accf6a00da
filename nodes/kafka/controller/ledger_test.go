package controller_test

import (
	"fmt"
	"strconv"
	"strings"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/zk"
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
	"orrery/sim"
)

// ledger follows every transaction that ZooKeeper commits, and holds each against what must be true of the cluster's state
// (S10, S12 and S13 of the specification).
type ledger struct {
	u      *sim.Universe
	last   int64 // zxid
	epoch  int32 // /controller_epoch
	states map[log.TopicPartition]zk.PartitionState
	topics map[string]zk.Topic
	led    map[led]int32 // who leads a partition in a leader epoch, as the brokers were told
	writes int
}

func newLedger(u *sim.Universe) *ledger {
	return &ledger{u: u, states: map[log.TopicPartition]zk.PartitionState{}, topics: map[string]zk.Topic{}, led: map[led]int32{}}
}

func (l *ledger) commit(zxid int64, t *proto.Transaction) {
	if zxid <= l.last { // a server that was started again goes through its log
		return
	}
	l.last = zxid
	l.apply(t.Body)
}

func (l *ledger) apply(body jute.Record) {
	switch b := body.(type) {
	case *proto.CreateTxn:
		l.wrote(b.Path, b.Data, true)
	case *proto.SetDataTxn:
		l.wrote(b.Path, b.Data, false)
	case *proto.DeleteTxn:
		l.removed(b.Path)
	case *proto.MultiTxn:
		for _, o := range b.Txns {
			var r jute.Record
			switch o.Type {
			case proto.OpCreate, proto.OpCreate2:
				r = &proto.CreateTxn{}
			case proto.OpSetData:
				r = &proto.SetDataTxn{}
			case proto.OpDelete:
				r = &proto.DeleteTxn{}
			default:
				continue
			}
			if r.Decode(jute.NewDecoder(o.Data)) == nil {
				l.apply(r)
			}
		}
	}
}

// partitionOf reads ".../brokers/topics/T/partitions/P/state".
func partitionOf(path string) (log.TopicPartition, bool) {
	w := strings.Split(path, "/")
	if len(w) != 8 || w[3] != "topics" || w[7] != "state" {
		return log.TopicPartition{}, false
	}
	n, err := strconv.Atoi(w[6])
	return log.TopicPartition{Topic: w[4], Partition: int32(n)}, err == nil
}

func (l *ledger) wrote(path string, data []byte, created bool) {
	path = strings.TrimPrefix(path, "/kafka")
	if path == "/controller_epoch" {
		n, err := strconv.Atoi(string(data))
		l.must("S13", err == nil && (created || int32(n) == l.epoch+1), "/controller_epoch %q after %d", data, l.epoch)
		l.epoch = int32(n)
	}
	if topic, ok := strings.CutPrefix(path, "/brokers/topics/"); ok && !strings.Contains(topic, "/") {
		v, err := zk.Decode(zk.KindTopic, 0, data)
		l.must("readable", err == nil, "%s: %v", path, err)
		l.topics[topic], _ = v.(zk.Topic)
		for _, a := range l.topics[topic].Partitions {
			for _, r := range l.states[log.TopicPartition{Topic: topic, Partition: a.Partition}].ISR {
				l.must("S12 isr", has(a.Replicas, r), "%s: replicas %v leave %d in the ISR", path, a.Replicas, r)
			}
		}
		return
	}
	if tp, ok := partitionOf("/kafka" + path); ok {
		v, err := zk.Decode(zk.KindPartition, 0, data)
		l.must("readable", err == nil, "%s: %v", path, err)
		l.state(tp, v.(zk.PartitionState), created)
	}
}

func (l *ledger) removed(path string) {
	path = strings.TrimPrefix(path, "/kafka")
	if tp, ok := partitionOf("/kafka" + path); ok {
		delete(l.states, tp)
		for e := range l.led { // a topic of the same name begins anew, with leader epoch 0
			if e.tp == tp {
				delete(l.led, e)
			}
		}
	}
	if topic, ok := strings.CutPrefix(path, "/brokers/topics/"); ok && !strings.Contains(topic, "/") {
		delete(l.topics, topic)
	}
}

func (l *ledger) state(tp log.TopicPartition, s zk.PartitionState, created bool) {
	l.writes++
	was, there := l.states[tp]
	l.states[tp] = s
	l.must("S12 isr", len(s.ISR) > 0, "%s: empty ISR", tp)
	l.must("S3 leader in isr", s.Leader < 0 || has(s.ISR, s.Leader), "%s: %+v", tp, s)
	for _, a := range l.topics[tp.Topic].Partitions {
		if a.Partition == tp.Partition {
			for _, r := range s.ISR {
				l.must("S12 isr", has(a.Replicas, r), "%s: ISR %v, replicas %v", tp, s.ISR, a.Replicas)
			}
		}
	}
	l.must("S13 controller epoch", s.ControllerEpoch <= l.epoch, "%s: %+v in epoch %d", tp, s, l.epoch)
	if created || !there {
		l.must("S13 guard", s.ControllerEpoch == l.epoch, "%s is created by controller epoch %d in %d", tp, s.ControllerEpoch, l.epoch)
		return
	}
	l.must("S10 leader epoch", s.LeaderEpoch >= was.LeaderEpoch, "%s: %+v after %+v", tp, s, was)
	l.must("S10 controller epoch", s.ControllerEpoch >= was.ControllerEpoch, "%s: %+v after %+v", tp, s, was)
	if s.LeaderEpoch == was.LeaderEpoch {
		l.must("S10 one leader", s.Leader == was.Leader, "%s: %+v after %+v", tp, s, was)
	} else {
		l.must("S13 guard", s.ControllerEpoch == l.epoch, "%s is written by controller epoch %d in %d", tp, s.ControllerEpoch, l.epoch)
	}
}

func has(list []int32, n int32) bool {
	for _, x := range list {
		if x == n {
			return true
		}
	}
	return false
}

func (l *ledger) must(property string, holds bool, format string, args ...any) {
	if !holds {
		l.u.Violate(property, fmt.Sprintf(format, args...))
	}
}
