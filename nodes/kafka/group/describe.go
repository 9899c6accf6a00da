package group

import (
	"slices"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// allOperations are the bits of READ, DELETE and DESCRIBE: without ACLs everybody may do everything with a group (KIP-430).
const allOperations = 1<<3 | 1<<6 | 1<<8

// describeGroups is "upon receiving DescribeGroups".
func (c *Coordinator) describeGroups(call uint64, r *kmsg.DescribeGroupsRequest) {
	resp := kmsg.NewPtrDescribeGroupsResponse()
	resp.Version = r.Version
	for _, id := range r.Groups {
		x := c.describe(id)
		if r.IncludeAuthorizedOperations {
			x.AuthorizedOperations = allOperations
		}
		resp.Groups = append(resp.Groups, x)
	}
	c.answer(call, resp)
}

// describe says what is known of a group. One that is not known is dead. What a group's members read is told only while that is settled.
func (c *Coordinator) describe(id string) kmsg.DescribeGroupsResponseGroup {
	x := kmsg.NewDescribeGroupsResponseGroup()
	x.Group = strings.Clone(id)
	_, g, code := c.find(id, true)
	switch {
	case code != proto.None:
		x.ErrorCode = int16(code)
		return x
	case g == nil:
		x.State = dead.String()
		return x
	}
	x.State, x.ProtocolType = g.state.String(), g.protocolType
	if g.state == stable {
		x.Protocol = g.protocol
	}
	for _, m := range g.order {
		y := kmsg.NewDescribeGroupsResponseGroupMember()
		y.MemberID, y.ClientID, y.ClientHost = m.id, m.peer.ClientID, m.peer.Host
		if m.static {
			instance := m.instance
			y.InstanceID = &instance
		}
		if g.state == stable {
			y.ProtocolMetadata, y.MemberAssignment = m.metadata(g.protocol), m.assignment
		}
		x.Members = append(x.Members, y)
	}
	return x
}

// listGroups is "upon receiving ListGroups". While a partition is loaded the list is not complete, and says so.
func (c *Coordinator) listGroups(call uint64, r *kmsg.ListGroupsRequest) {
	resp := kmsg.NewPtrListGroupsResponse()
	resp.Version = r.Version
	for _, n := range c.led() {
		p := c.parts[n]
		if p.load != nil {
			resp.ErrorCode = int16(proto.CoordinatorLoadInProgress)
			continue
		}
		for _, g := range p.sorted() {
			if len(r.StatesFilter) > 0 && !slices.Contains(r.StatesFilter, g.state.String()) {
				continue
			}
			x := kmsg.NewListGroupsResponseGroup()
			x.Group, x.ProtocolType, x.GroupState = g.id, g.protocolType, g.state.String()
			resp.Groups = append(resp.Groups, x)
		}
	}
	c.answer(call, resp)
}
