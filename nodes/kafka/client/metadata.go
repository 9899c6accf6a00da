package client

import (
	"cmp"
	"errors"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// TopicPartition names a partition.
type TopicPartition struct {
	Topic     string
	Partition int32
}

// compare orders partitions by topic, then number.
func (p TopicPartition) compare(o TopicPartition) int {
	return cmp.Or(cmp.Compare(p.Topic, o.Topic), cmp.Compare(p.Partition, o.Partition))
}

// Partition is what the cluster says of a partition.
type Partition struct {
	Number      int32
	Code        proto.Code // why there is no leader, None if there is
	Leader      int32      // -1: none
	LeaderEpoch int32      // -1: the brokers do not say
	Replicas    []int32
	ISR         []int32
	Offline     []int32
}

// topic is what is known of a topic.
type topic struct {
	code       proto.Code
	partitions []Partition // by number
	rewinds    []doubt     // by number: of its leader epoch
	unknown    doubt       // that there is such a topic
	sticky     int32       // where records without keys go at present
	heard      []heard     // of partitions that are not known yet
}

// heard is a leader epoch that somebody else has told of.
type heard struct{ partition, epoch int32 }

// Refresh asks what brokers there are, and how the topics stand (none: only the brokers). A topic that does not exist is no
// error. Topics are not created.
func (c *Cluster) Refresh(t *task.T, topics ...string) error {
	r := kmsg.NewPtrMetadataRequest()
	r.AllowAutoTopicCreation = false
	r.Topics = []kmsg.MetadataRequestTopic{}
	for _, name := range topics {
		rt := kmsg.NewMetadataRequestTopic()
		rt.Topic = kmsg.StringPtr(name)
		r.Topics = append(r.Topics, rt)
	}
	_, err := c.metadata(t, r)
	return err
}

// Topics are the names of all topics, sorted; with the brokers' own if internal is set.
func (c *Cluster) Topics(t *task.T, internal bool) ([]string, error) {
	r := kmsg.NewPtrMetadataRequest()
	r.Topics = nil
	resp, err := c.metadata(t, r)
	if err != nil {
		return nil, err
	}
	var names []string
	for i := range resp.Topics {
		if rt := &resp.Topics[i]; rt.Topic != nil && (internal || !rt.IsInternal) {
			names = append(names, *rt.Topic)
		}
	}
	slices.Sort(names)
	return names, nil
}

func (c *Cluster) metadata(t *task.T, r *kmsg.MetadataRequest) (*kmsg.MetadataResponse, error) {
	resp, from, err := c.any(t, r, 0)
	if err != nil {
		return nil, err
	}
	m := resp.(*kmsg.MetadataResponse)
	c.learn(m, from)
	c.refreshed = t.Monotonic()
	return m, nil
}

// learn takes over what the broker at an address says. It may lag behind others: where it takes back what was known, another one is
// asked next.
func (c *Cluster) learn(m *kmsg.MetadataResponse, from nodes.Addr) {
	if len(m.Brokers) > 0 { // a broker that has just started knows none
		c.brokers = c.brokers[:0]
		for i := range m.Brokers {
			b := &m.Brokers[i]
			broker := Broker{ID: b.NodeID, Addr: Addr(b.Host, b.Port)}
			if b.Rack != nil {
				broker.Rack = *b.Rack
			}
			c.brokers = append(c.brokers, broker)
		}
		slices.SortFunc(c.brokers, func(a, b Broker) int { return cmp.Compare(a.ID, b.ID) })
	}
	c.controller = m.ControllerID
	if m.ClusterID != nil {
		c.id = *m.ClusterID
	}
	said := int32(-1)
	if i := slices.IndexFunc(c.brokers, func(b Broker) bool { return b.Addr == from }); i >= 0 {
		said = c.brokers[i].ID
	}
	doubtful := false
	for i := range m.Topics {
		doubtful = c.learnTopic(&m.Topics[i], said) || doubtful
	}
	if doubtful {
		c.next++
	}
}

// learnTopic takes over what a broker says of a topic, and tells whether that takes back what was known.
func (c *Cluster) learnTopic(m *kmsg.MetadataResponseTopic, said int32) (doubtful bool) {
	if m.Topic == nil {
		return false
	}
	old := c.topics[*m.Topic]
	n := &topic{code: proto.Code(m.ErrorCode), sticky: -1}
	if old == nil {
		old = &topic{sticky: -1}
	}
	if n.code == proto.UnknownTopicOrPartition {
		doubtful = len(old.partitions) > 0
		if n.unknown = old.unknown.more(said); n.unknown.settled(c.brokers) && !c.config.Quirks.KeepOldEpochs {
			old = &topic{sticky: -1} // what comes under this name later is another topic
		}
	}
	n.sticky, n.heard = old.sticky, old.heard
	if n.code != proto.None && len(m.Partitions) == 0 {
		n.partitions, n.rewinds = old.partitions, old.rewinds
		c.topics[*m.Topic] = n
		return doubtful
	}
	slices.SortFunc(m.Partitions, func(a, b kmsg.MetadataResponseTopicPartition) int { return cmp.Compare(a.Partition, b.Partition) })
	for i := range m.Partitions {
		p := &m.Partitions[i]
		if int(p.Partition) != i {
			break // a hole: the rest is not known
		}
		now := Partition{Number: p.Partition, Code: proto.Code(p.ErrorCode), Leader: p.Leader, LeaderEpoch: p.LeaderEpoch,
			Replicas: p.Replicas, ISR: p.ISR, Offline: p.OfflineReplicas}
		was, rewinds := old.partition(p.Partition)
		if now.LeaderEpoch >= was.LeaderEpoch {
			rewinds = doubt{}
		} else {
			doubtful = true
			rewinds = rewinds.more(said)
			if !rewinds.settled(c.brokers) || c.config.Quirks.KeepOldEpochs {
				now = was
			} else {
				rewinds = doubt{}
			}
		}
		n.partitions = append(n.partitions, now)
		n.rewinds = append(n.rewinds, rewinds)
	}
	n.heard = slices.DeleteFunc(n.heard, func(h heard) bool { return int(h.partition) < len(n.partitions) })
	c.topics[*m.Topic] = n
	return doubtful
}

// partition is what is known of a partition, and what of that is in doubt: at least in which epoch it was led, if anybody has told.
func (tp *topic) partition(n int32) (Partition, doubt) {
	if int(n) < len(tp.partitions) {
		return tp.partitions[n], tp.rewinds[n]
	}
	p := Partition{Number: n, Leader: -1, LeaderEpoch: -1, Code: proto.LeaderNotAvailable}
	for _, h := range tp.heard {
		if h.partition == n {
			p.LeaderEpoch = max(p.LeaderEpoch, h.epoch)
		}
	}
	return p, doubt{}
}

// saw takes note of a leader epoch that was heard of elsewhere: of a leader of before it nothing more is asked, and what lagging brokers
// say of it is not believed (Metadata.updateLastSeenEpochIfNewer, KIP-320). So it is of a partition that is not known yet, too, which Java's
// client passes over: the first broker that tells who leads may be cut off, and lead by its own account.
func (c *Cluster) saw(p TopicPartition, epoch int32) {
	tp := c.topics[p.Topic]
	switch {
	case p.Partition < 0 || epoch < 0:
		return
	case tp == nil:
		tp = &topic{code: proto.UnknownTopicOrPartition, sticky: -1}
		c.topics[p.Topic] = tp
	}
	if int(p.Partition) >= len(tp.partitions) {
		tp.heard = append(tp.heard, heard{p.Partition, epoch})
		return
	}
	if known := &tp.partitions[p.Partition]; known.LeaderEpoch >= 0 && known.LeaderEpoch < epoch {
		known.Leader, known.LeaderEpoch, known.Code = -1, epoch, proto.LeaderNotAvailable
	}
}

// Partitions are the partitions of a topic, by number. A topic that is not known is asked for, once.
func (c *Cluster) Partitions(t *task.T, name string) ([]Partition, error) {
	if old := c.topics[name]; old == nil || len(old.partitions) == 0 || c.stale(t) {
		if err := c.Refresh(t, name); err != nil && (old == nil || len(old.partitions) == 0) {
			return nil, err
		}
	}
	tp := c.topics[name]
	switch {
	case tp == nil:
		return nil, &CodeError{Code: proto.UnknownTopicOrPartition}
	case len(tp.partitions) == 0 && tp.code != proto.None:
		return nil, &CodeError{Code: tp.code}
	}
	return slices.Clone(tp.partitions), nil
}

// stale tells that what is known is too old.
func (c *Cluster) stale(t *task.T) bool { return t.Monotonic()-c.refreshed > c.config.MetadataMaxAge }

// leader is who leads a partition, as far as is known. ok is false if nobody does, or the broker is not known.
func (c *Cluster) leader(p TopicPartition) (id, epoch int32, ok bool) {
	tp := c.topics[p.Topic]
	if tp == nil || p.Partition < 0 || int(p.Partition) >= len(tp.partitions) {
		return -1, -1, false
	}
	known := tp.partitions[p.Partition]
	if _, alive := c.broker(known.Leader); !alive {
		return -1, known.LeaderEpoch, false
	}
	return known.Leader, known.LeaderEpoch, true
}

// retry calls f until it returns no error, or one that no further attempt can mend, or Config.APITimeout is over.
// Between two attempts it waits, and asks for the topics anew.
func (c *Cluster) retry(t *task.T, topics []string, f func() error) error {
	deadline := t.Monotonic() + c.config.APITimeout
	for {
		err := f()
		if err == nil || !again(err) || c.closed {
			return err
		}
		if t.Monotonic()+c.config.RetryBackoff >= deadline {
			return err
		}
		t.Sleep(c.config.RetryBackoff)
		if len(topics) > 0 {
			_ = c.Refresh(t, topics...) // f finds out what it needs
		}
	}
}

// again tells that what ended in err may be tried again: the answer was lost, or the broker says that it may pass.
func again(err error) bool {
	var lost *LostError
	code := CodeOf(err)
	return errors.As(err, &lost) && !errors.Is(err, ErrUnsupported) || code != proto.NetworkException && code.Retriable() || code == proto.ConcurrentTransactions
}

// until is the time from now to then, not less than 0.
func until(t *task.T, then time.Duration) time.Duration { return max(then-t.Monotonic(), 0) }
