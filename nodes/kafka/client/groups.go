package client

import (
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Groups are the names of all groups, sorted. Every broker is asked for those that it coordinates.
func (c *Cluster) Groups(t *task.T) ([]string, error) {
	if err := c.Refresh(t); err != nil {
		return nil, err
	}
	var names []string
	for _, b := range c.Brokers() {
		err := c.retry(t, nil, func() error {
			resp, err := c.Do(t, b.ID, kmsg.NewPtrListGroupsRequest(), 0)
			if err != nil {
				return err
			}
			l := resp.(*kmsg.ListGroupsResponse)
			for _, g := range l.Groups {
				names = append(names, g.Group)
			}
			return codeError(l.ErrorCode)
		})
		if err != nil {
			return nil, err
		}
	}
	slices.Sort(names)
	return slices.Compact(names), nil
}

// Group is a group as its coordinator describes it.
type Group struct {
	Name, State, Protocol string
	Members               []GroupMember
}

// GroupMember is a member, and what it reads.
type GroupMember struct {
	ID, Instance, Client, Host string
	Parts                      []TopicPartition
}

// DescribeGroup asks a group's coordinator. A group that does not exist is Dead.
func (c *Cluster) DescribeGroup(t *task.T, name string) (Group, error) {
	r := kmsg.NewPtrDescribeGroupsRequest()
	r.Groups = []string{name}
	var resp kmsg.Response
	err := c.retry(t, nil, func() (err error) {
		resp, err = c.coordinated(t, ofGroup, name, r, func(resp kmsg.Response) int16 {
			if groups := resp.(*kmsg.DescribeGroupsResponse).Groups; len(groups) > 0 {
				return groups[0].ErrorCode
			}
			return int16(proto.UnknownServerError)
		})
		return err
	})
	if err != nil {
		return Group{}, err
	}
	d := &resp.(*kmsg.DescribeGroupsResponse).Groups[0]
	g := Group{Name: name, State: d.State, Protocol: d.Protocol}
	for i := range d.Members {
		m := &d.Members[i]
		gm := GroupMember{ID: m.MemberID, Client: m.ClientID, Host: m.ClientHost, Parts: decodeAssignment(m.MemberAssignment)}
		if m.InstanceID != nil {
			gm.Instance = *m.InstanceID
		}
		g.Members = append(g.Members, gm)
	}
	return g, nil
}

// GroupOffsets are all offsets that a group has committed, by partition.
func (c *Cluster) GroupOffsets(t *task.T, name string) ([]Offset, error) {
	offsets, err := c.committed(t, name, nil, false)
	slices.SortFunc(offsets, func(a, b Offset) int { return a.compare(b.TopicPartition) })
	return offsets, err
}

// SetGroupOffsets commits for a group that has no members.
func (c *Cluster) SetGroupOffsets(t *task.T, name string, offsets []Offset) (Outcome, error) {
	return NewConsumer(c, ConsumerConfig{Group: name}).Commit(t, offsets...)
}

// DeleteGroup deletes a group that has no members, and its offsets.
func (c *Cluster) DeleteGroup(t *task.T, name string) error {
	r := kmsg.NewPtrDeleteGroupsRequest()
	r.Groups = []string{name}
	return c.retry(t, nil, func() error {
		_, err := c.coordinated(t, ofGroup, name, r, func(resp kmsg.Response) int16 {
			if groups := resp.(*kmsg.DeleteGroupsResponse).Groups; len(groups) > 0 {
				return groups[0].ErrorCode
			}
			return int16(proto.UnknownServerError)
		})
		return err
	})
}
