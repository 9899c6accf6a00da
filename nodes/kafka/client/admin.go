package client

import (
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// adminTimeout is how long a broker may take to do what an administrator asks.
const adminTimeout = 15 * time.Second

// NewTopic is a topic to be made.
type NewTopic struct {
	Name       string
	Partitions int32 // 0: the brokers' default
	Replicas   int16 // of each partition; 0: the brokers' default
	// Assignment, where it is set, names the replicas of each partition, the preferred leader first. Partitions and Replicas
	// do not count then.
	Assignment [][]int32
	Configs    []Setting
}

// Setting is an entry of a configuration.
type Setting struct {
	Name, Value string
	Default     bool // nobody has set it
}

// verdict is a code with the broker's own words.
func verdict(code int16, message *string) error {
	if code == 0 {
		return nil
	}
	e := &CodeError{Code: proto.Code(code)}
	if message != nil {
		e.Message = *message
	}
	return e
}

// CreateTopic makes a topic. It may take a moment until all brokers know of it.
func (c *Cluster) CreateTopic(t *task.T, topic NewTopic) error {
	r := kmsg.NewPtrCreateTopicsRequest()
	r.TimeoutMillis = millis(adminTimeout)
	rt := kmsg.NewCreateTopicsRequestTopic()
	rt.Topic, rt.NumPartitions, rt.ReplicationFactor = topic.Name, topic.Partitions, topic.Replicas
	if topic.Partitions == 0 {
		rt.NumPartitions = -1
	}
	if topic.Replicas == 0 {
		rt.ReplicationFactor = -1
	}
	for i, replicas := range topic.Assignment {
		ra := kmsg.NewCreateTopicsRequestTopicReplicaAssignment()
		ra.Partition, ra.Replicas = int32(i), replicas
		rt.ReplicaAssignment = append(rt.ReplicaAssignment, ra)
		rt.NumPartitions, rt.ReplicationFactor = -1, -1
	}
	for _, s := range topic.Configs {
		rc := kmsg.NewCreateTopicsRequestTopicConfig()
		rc.Name, rc.Value = s.Name, kmsg.StringPtr(s.Value)
		rt.Configs = append(rt.Configs, rc)
	}
	r.Topics = append(r.Topics, rt)
	return c.controlled(t, r, func(resp kmsg.Response) error {
		topics := resp.(*kmsg.CreateTopicsResponse).Topics
		if len(topics) == 0 {
			return &CodeError{Code: proto.UnknownServerError}
		}
		return verdict(topics[0].ErrorCode, topics[0].ErrorMessage)
	})
}

// DeleteTopic deletes a topic.
func (c *Cluster) DeleteTopic(t *task.T, name string) error {
	r := kmsg.NewPtrDeleteTopicsRequest()
	r.TimeoutMillis, r.TopicNames = millis(adminTimeout), []string{name}
	return c.controlled(t, r, func(resp kmsg.Response) error {
		topics := resp.(*kmsg.DeleteTopicsResponse).Topics
		if len(topics) == 0 {
			return &CodeError{Code: proto.UnknownServerError}
		}
		return verdict(topics[0].ErrorCode, topics[0].ErrorMessage)
	})
}

// CreatePartitions gives a topic more partitions, up to count. assignment, which may be nil, names the replicas of the new
// ones.
func (c *Cluster) CreatePartitions(t *task.T, name string, count int32, assignment [][]int32) error {
	r := kmsg.NewPtrCreatePartitionsRequest()
	r.TimeoutMillis = millis(adminTimeout)
	rt := kmsg.NewCreatePartitionsRequestTopic()
	rt.Topic, rt.Count = name, count
	for _, replicas := range assignment {
		ra := kmsg.NewCreatePartitionsRequestTopicAssignment()
		ra.Replicas = replicas
		rt.Assignment = append(rt.Assignment, ra)
	}
	r.Topics = append(r.Topics, rt)
	return c.controlled(t, r, func(resp kmsg.Response) error {
		topics := resp.(*kmsg.CreatePartitionsResponse).Topics
		if len(topics) == 0 {
			return &CodeError{Code: proto.UnknownServerError}
		}
		return verdict(topics[0].ErrorCode, topics[0].ErrorMessage)
	})
}

// controlled asks something of the controller. of reads its verdict.
func (c *Cluster) controlled(t *task.T, r kmsg.Request, of func(kmsg.Response) error) error {
	resp, err := c.Controller(t, r, func(resp kmsg.Response) proto.Code {
		err := of(resp)
		if err == nil {
			return proto.None
		}
		return CodeOf(err)
	})
	if err != nil {
		return err
	}
	return of(resp)
}

// Reassignment is where the replicas of a partition are on their way to.
type Reassignment struct {
	TopicPartition
	Replicas, Adding, Removing []int32
}

// Reassign begins to move a partition to other replicas; with none, it takes back a move that is under way.
func (c *Cluster) Reassign(t *task.T, p TopicPartition, replicas []int32) error {
	r := kmsg.NewPtrAlterPartitionAssignmentsRequest()
	r.TimeoutMillis = millis(adminTimeout)
	rt := kmsg.NewAlterPartitionAssignmentsRequestTopic()
	rt.Topic = p.Topic
	rp := kmsg.NewAlterPartitionAssignmentsRequestTopicPartition()
	rp.Partition, rp.Replicas = p.Partition, replicas
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	return c.controlled(t, r, func(resp kmsg.Response) error {
		a := resp.(*kmsg.AlterPartitionAssignmentsResponse)
		if err := verdict(a.ErrorCode, a.ErrorMessage); err != nil || len(a.Topics) == 0 || len(a.Topics[0].Partitions) == 0 {
			return err
		}
		return verdict(a.Topics[0].Partitions[0].ErrorCode, a.Topics[0].Partitions[0].ErrorMessage)
	})
}

// Reassignments are the moves that are under way.
func (c *Cluster) Reassignments(t *task.T) ([]Reassignment, error) {
	r := kmsg.NewPtrListPartitionReassignmentsRequest()
	r.TimeoutMillis, r.Topics = millis(adminTimeout), nil
	var moves []Reassignment
	err := c.controlled(t, r, func(resp kmsg.Response) error {
		l := resp.(*kmsg.ListPartitionReassignmentsResponse)
		moves = moves[:0]
		for _, topic := range l.Topics {
			for _, p := range topic.Partitions {
				moves = append(moves, Reassignment{TopicPartition{topic.Topic, p.Partition}, p.Replicas, p.AddingReplicas, p.RemovingReplicas})
			}
		}
		return verdict(l.ErrorCode, l.ErrorMessage)
	})
	slices.SortFunc(moves, func(a, b Reassignment) int { return a.compare(b.TopicPartition) })
	return moves, err
}

// ElectLeader lets the preferred replica of a partition lead again; with unclean, where no replica is in sync, any that lives.
// ELECTION_NOT_NEEDED is no error.
func (c *Cluster) ElectLeader(t *task.T, p TopicPartition, unclean bool) error {
	r := kmsg.NewPtrElectLeadersRequest()
	r.TimeoutMillis = millis(adminTimeout)
	if unclean {
		r.ElectionType = 1
	}
	rt := kmsg.NewElectLeadersRequestTopic()
	rt.Topic, rt.Partitions = p.Topic, []int32{p.Partition}
	r.Topics = append(r.Topics, rt)
	return c.controlled(t, r, func(resp kmsg.Response) error {
		e := resp.(*kmsg.ElectLeadersResponse)
		if err := verdict(e.ErrorCode, nil); err != nil || len(e.Topics) == 0 || len(e.Topics[0].Partitions) == 0 {
			return err
		}
		got := e.Topics[0].Partitions[0]
		if proto.Code(got.ErrorCode) == proto.ElectionNotNeeded {
			return nil
		}
		return verdict(got.ErrorCode, got.ErrorMessage)
	})
}

// DeleteRecords deletes what is before an offset (-1: all up to the high watermark), and returns where the log begins then.
func (c *Cluster) DeleteRecords(t *task.T, p TopicPartition, before int64) (start int64, err error) {
	r := kmsg.NewPtrDeleteRecordsRequest()
	r.TimeoutMillis = millis(adminTimeout)
	rt := kmsg.NewDeleteRecordsRequestTopic()
	rt.Topic = p.Topic
	rp := kmsg.NewDeleteRecordsRequestTopicPartition()
	rp.Partition, rp.Offset = p.Partition, before
	rt.Partitions = append(rt.Partitions, rp)
	r.Topics = append(r.Topics, rt)
	start = -1
	err = c.retry(t, []string{p.Topic}, func() error {
		if _, err := c.Partitions(t, p.Topic); err != nil {
			return err
		}
		leader, _, ok := c.leader(p)
		if !ok {
			return &CodeError{Code: proto.LeaderNotAvailable}
		}
		resp, err := c.Do(t, leader, r, 0)
		if err != nil {
			return err
		}
		d := resp.(*kmsg.DeleteRecordsResponse)
		if len(d.Topics) == 0 || len(d.Topics[0].Partitions) == 0 {
			return &CodeError{Code: proto.UnknownServerError}
		}
		start = d.Topics[0].Partitions[0].LowWatermark
		return codeError(d.Topics[0].Partitions[0].ErrorCode)
	})
	return start, err
}
