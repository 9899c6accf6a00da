package group

import (
	"maps"
	"slices"

	"orrery/nodes/kafka/log"
)

// Inspect returns a [View].
func (c *Coordinator) Inspect() any {
	v := View{Memory: c.memory}
	for _, n := range c.led() {
		p := c.parts[n]
		pv := PartitionView{Partition: n, LeaderEpoch: p.epoch, Loading: p.load != nil, Loaded: p.loaded()}
		for _, g := range p.sorted() {
			pv.Groups = append(pv.Groups, g.view())
		}
		v.Partitions = append(v.Partitions, pv)
	}
	return v
}

func (g *group) view() GroupView {
	v := GroupView{Group: g.id, State: g.state.String(), Generation: g.generation, ProtocolType: g.protocolType, Protocol: g.protocol, Leader: g.leader,
		Pending: slices.Sorted(maps.Keys(g.pending)), Offsets: viewOffsets(g.offsets)}
	for _, m := range g.order {
		v.Members = append(v.Members, MemberView{m.id, m.instance, m.peer.ClientID, m.peer.Host, m.join != nil, m.sync != nil, m.assignment})
	}
	for _, id := range producersOf(g) {
		v.Staged = append(v.Staged, StagedView{id, viewOffsets(g.staged[id])})
	}
	return v
}

func viewOffsets(m map[log.TopicPartition]committed) (out []OffsetView) {
	for _, tp := range tps(m) {
		o := m[tp]
		out = append(out, OffsetView{tp.Topic, tp.Partition, o.offset, o.epoch, o.metadata, o.ms, o.expires, o.at})
	}
	return out
}

// View is the state of a coordinator, for people and checkers.
type View struct {
	Partitions []PartitionView // of OffsetsTopic, that this broker coordinates, by number
	Memory     int64           // in bytes, as Config.MemoryLimit counts them
}

// PartitionView is a partition of [OffsetsTopic] that this broker leads, and the groups in it.
type PartitionView struct {
	Partition   int32
	LeaderEpoch int32
	Loading     bool
	Loaded      int64 // up to which offset, while it loads
	Groups      []GroupView
}

// GroupView is a group.
type GroupView struct {
	Group        string
	State        string // Empty, PreparingRebalance, CompletingRebalance, Stable or Dead
	Generation   int32
	ProtocolType string       `json:",omitempty"`
	Protocol     string       `json:",omitempty"`
	Leader       string       `json:",omitempty"` // member id
	Members      []MemberView `json:",omitempty"` // in the order in which they joined
	Pending      []string     `json:",omitempty"` // ids that were given out and not yet joined with
	Offsets      []OffsetView `json:",omitempty"` // by topic and partition
	Staged       []StagedView `json:",omitempty"` // in open transactions, by producer
}

// MemberView is a member of a group.
type MemberView struct {
	Member, Instance, ClientID, Host string
	Joining, Syncing                 bool   // it waits for the answer to JoinGroup, to SyncGroup
	Assignment                       []byte `json:",omitempty"`
}

// OffsetView is how far a group has read.
type OffsetView struct {
	Topic       string
	Partition   int32
	Offset      int64
	LeaderEpoch int32 // of the record before; -1 is not known
	Metadata    string
	Committed   int64 // time in milliseconds
	Expires     int64 // time in milliseconds; -1 is the default
	At          int64 // offset of the record in OffsetsTopic
}

// StagedView is what an open transaction will commit.
type StagedView struct {
	ProducerID int64
	Offsets    []OffsetView
}

// Coordinates tells whether this broker holds itself for the coordinator of the groups of a partition of [OffsetsTopic].
func (c *Coordinator) Coordinates(partition int32) bool { return c.parts[partition] != nil }

// Served shows the offsets that are served of the groups of a partition of [OffsetsTopic], by group, topic and partition. ok is false, and
// nothing is shown, while the partition is not coordinated here, or is being loaded, or while something of it is on its way to the journal or
// an open transaction holds offsets back: then they may differ from what a replay of the journal comes to.
func (c *Coordinator) Served(partition int32, see func(group string, o OffsetView)) (ok bool) {
	p := c.parts[partition]
	if p == nil || p.load != nil || len(p.writes)+len(p.markers)+len(p.open) > 0 {
		return false
	}
	for _, g := range p.sorted() {
		for _, o := range viewOffsets(g.offsets) {
			see(g.id, o)
		}
	}
	return true
}
