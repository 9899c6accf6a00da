package replica

import (
	"slices"
	"time"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica/isr"
)

// View is what a [Manager] shows of itself.
type View struct {
	Broker          int32
	ControllerEpoch int32
	BrokerEpoch     int64
	Partitions      []PartitionView // by topic and partition
	Waiting         int             // requests that wait
	WaitingBytes    int64
	Sessions        int
}

// PartitionView is a replica.
type PartitionView struct {
	Topic           string
	Partition       int32
	Role            string // "leading", "following", or "idle"
	Leader          int32  // -1 if nobody is known to lead
	LeaderEpoch     int32
	ControllerEpoch int32
	Replicas        []int32 // the assignment
	Start           int64   // log start offset
	Stable          int64   // last stable offset
	HighWatermark   int64
	End             int64 // log end offset
	Durable         int64 // recovery point
	Epochs          []log.EpochEntry
	Busy            bool // a truncation waits for the disk

	// While leading:
	EpochStart int64        `json:",omitempty"`
	ISR        []int32      `json:",omitempty"` // as committed
	Pending    []int32      `json:",omitempty"` // as proposed, while a change is in flight
	Maximal    []int32      `json:",omitempty"` // what the high watermark waits for
	MinISR     int          `json:",omitempty"`
	Version    int32        `json:",omitempty"` // zkVersion
	Followers  []RemoteView `json:",omitempty"` // by broker
	Commits    int          `json:",omitempty"` // appends that wait for the high watermark
	Fetches    int          `json:",omitempty"` // fetches that wait for data

	// While following:
	Fetching string `json:",omitempty"` // "fetching", "asking", "lost", or "fenced"
}

// RemoteView is what a leader knows of a follower.
type RemoteView struct {
	Broker      int32
	End         int64 // -1 if it has not fetched in this leader epoch
	Start       int64
	BrokerEpoch int64
	CaughtUp    string // when, by the leader's monotonic clock; "never"
}

// Inspect shows the state, to people and to the harness's invariants.
func (m *Manager) Inspect() any { return m.View() }

// View shows the state.
func (m *Manager) View() View {
	v := View{Broker: m.cfg.Broker, ControllerEpoch: m.controllerEpoch, BrokerEpoch: m.brokerEpoch,
		Waiting: len(m.waits), WaitingBytes: m.held, Sessions: len(m.sessions.all)}
	for _, p := range m.parts {
		v.Partitions = append(v.Partitions, m.viewOf(p))
	}
	return v
}

func (m *Manager) viewOf(p *partition) PartitionView {
	v := PartitionView{Topic: p.tp.Topic, Partition: p.tp.Partition, Role: p.role.String(), Leader: p.leader, LeaderEpoch: p.epoch,
		ControllerEpoch: p.controllerEpoch, Replicas: slices.Clone(p.assigned)}
	if l := p.log; l != nil {
		v.Start, v.Stable, v.HighWatermark, v.End = l.StartOffset(), l.LastStableOffset(), l.HighWatermark(), l.EndOffset()
		v.Durable, v.Epochs, v.Busy = l.RecoveryPoint(), l.Epochs(), l.Busy()
	}
	switch p.role {
	case leading:
		v.EpochStart, v.ISR, v.Pending, v.Version = p.lead.EpochStart, slices.Clone(p.lead.ISR), slices.Clone(p.lead.Pending), p.lead.Version
		v.Maximal, v.MinISR = slices.Clone(p.lead.Maximal(isr.Quirks{})), max(p.cfg.MinISR, 1)
		v.Commits, v.Fetches = len(p.commits), len(p.fetches)
		for _, r := range p.lead.Remotes {
			at := "never"
			if r.CaughtUp != isr.Never {
				at = r.CaughtUp.Round(time.Millisecond).String()
			}
			v.Followers = append(v.Followers, RemoteView{r.Broker, r.End, r.Start, r.Epoch, at})
		}
	case following:
		v.Fetching = p.follow.state.String()
	case idle:
	}
	return v
}
