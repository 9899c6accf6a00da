package client

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Leaders sends requests about one partition to the broker that leads it. Each partition has a connection of its own, so that a
// fetch that is parked holds up no other. It serves those who keep offsets and membership elsewhere, as the consumers of
// Kafka 0.8 did; what it lacks for that Consumer has: sessions, leader epochs, validation.
type Leaders struct {
	cluster *Cluster
	uses    map[TopicPartition]use
	doubted map[TopicPartition]bool // whether the leader that is known may be none
}

// NewLeaders returns a way to the leaders of a cluster's partitions, for several tasks of one machine.
func NewLeaders(c *Cluster) *Leaders {
	return &Leaders{cluster: c, uses: map[TopicPartition]use{}, doubted: map[TopicPartition]bool{}}
}

// Ask sends a Fetch or a ListOffsets, which names one partition, to its leader, and waits for the answer: for Config.RequestTimeout, and as
// long as the fetch may be parked. The error is ErrUnsupported for another request, and a *LostError or a *CodeError where
// there is no answer, or no leader; who asks again after a while is sent to the next leader. A refusal is an answer.
func (l *Leaders) Ask(t *task.T, r kmsg.Request) (kmsg.Response, error) {
	p, wait, ok := about(r)
	if !ok {
		return nil, ErrUnsupported
	}
	id, err := l.find(t, p)
	if err != nil {
		return nil, err
	}
	u, ok := l.uses[p]
	if !ok {
		u = l.cluster.newUse()
		l.uses[p] = u
	}
	resp, err := l.cluster.start(t, id, u, r, l.cluster.config.RequestTimeout+wait, nil).Await(t)
	l.doubted[p] = err != nil || misled(resp)
	return resp, err
}

// find is who leads a partition.
func (l *Leaders) find(t *task.T, p TopicPartition) (int32, error) {
	c := l.cluster
	if id, _, ok := c.leader(p); ok && !l.doubted[p] && !c.stale(t) {
		return id, nil
	}
	if err := c.Refresh(t, p.Topic); err != nil {
		return -1, err
	}
	id, _, ok := c.leader(p)
	if !ok {
		return -1, &CodeError{Code: proto.LeaderNotAvailable}
	}
	return id, nil
}

// Close ends the connections. Calls that are under way return a *LostError.
func (l *Leaders) Close(t *task.T) {
	parts := make([]TopicPartition, 0, len(l.uses))
	for p := range l.uses { // lint:maporder they are sorted below
		parts = append(parts, p)
	}
	slices.SortFunc(parts, TopicPartition.compare)
	for _, p := range parts {
		l.cluster.hangUp(t, l.uses[p])
	}
}

// about is the partition that a request names, and for how long a broker may park it.
func about(r kmsg.Request) (p TopicPartition, wait time.Duration, ok bool) {
	switch r := r.(type) {
	case *kmsg.FetchRequest:
		if len(r.Topics) == 1 && len(r.Topics[0].Partitions) == 1 {
			return TopicPartition{r.Topics[0].Topic, r.Topics[0].Partitions[0].Partition}, ms(r.MaxWaitMillis), true
		}
	case *kmsg.ListOffsetsRequest:
		if len(r.Topics) == 1 && len(r.Topics[0].Partitions) == 1 {
			return TopicPartition{r.Topics[0].Topic, r.Topics[0].Partitions[0].Partition}, 0, true
		}
	}
	return p, 0, false
}

// misled tells that an answer is none of a leader's. An offset that is out of its range may be so because it is not the leader any more.
func misled(resp kmsg.Response) bool {
	code := proto.None
	switch r := resp.(type) {
	case *kmsg.FetchResponse:
		if len(r.Topics) == 1 && len(r.Topics[0].Partitions) == 1 {
			code = proto.Code(r.Topics[0].Partitions[0].ErrorCode)
		}
	case *kmsg.ListOffsetsResponse:
		if len(r.Topics) == 1 && len(r.Topics[0].Partitions) == 1 {
			code = proto.Code(r.Topics[0].Partitions[0].ErrorCode)
		}
	}
	return code != proto.None
}
