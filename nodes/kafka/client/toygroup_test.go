package client_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
)

// toyGroup is a coordinator of one group, with the least that a member can count on.
type toyGroup struct {
	members    []*toyMember // of this generation
	joined     []*toyMember // who wait for the next one
	generation int32
	gathering  bool
	since      time.Duration
	plans      map[string][]byte
	offsets    map[tp]int64
	staged     map[tp]int64 // in a transaction that has not ended
	commits    []string
	names      int
}

type toyMember struct {
	id    string
	join  *kmsg.JoinGroupRequest
	beats time.Duration
}

func (g *toyGroup) find(id string) *toyMember {
	for _, m := range g.members {
		if m.id == id {
			return m
		}
	}
	return nil
}

// gather begins a rebalance.
func (g *toyGroup) gather(now time.Duration) {
	if !g.gathering {
		g.gathering, g.since, g.joined = true, now, nil
	}
}

// ready ends it when all members have come, or for too long not.
func (g *toyGroup) ready(now time.Duration) bool {
	if !g.gathering {
		return true
	}
	all := now-g.since > 20*time.Millisecond
	for _, m := range g.members {
		all = all && (now-m.beats > 5*time.Second || slices.ContainsFunc(g.joined, func(j *toyMember) bool { return j.id == m.id }))
	}
	if all {
		g.gathering, g.members, g.plans = false, g.joined, map[string][]byte{}
		g.generation++
	}
	return all
}

// refuse says what is wrong with a member's request.
func (g *toyGroup) refuse(id string, generation int32) proto.Code {
	switch m := g.find(id); {
	case m == nil:
		return proto.UnknownMemberID
	case generation != g.generation:
		return proto.IllegalGeneration
	case g.gathering:
		return proto.RebalanceInProgress
	}
	return 0
}

func (g *toyGroup) do(w *toys, r kmsg.Request) (kmsg.Response, parked) {
	now := w.u.Now()
	switch r := r.(type) {
	case *kmsg.JoinGroupRequest:
		return g.join(w, r)
	case *kmsg.SyncGroupRequest:
		if code := g.refuse(r.MemberID, r.Generation); code != 0 {
			return proto.Refusal(r, code), parked{}
		}
		for _, a := range r.GroupAssignment {
			g.plans[a.MemberID] = a.MemberAssignment
		}
		return nil, parked{until: time.Hour, try: func(bool) kmsg.Response {
			if code := g.refuse(r.MemberID, r.Generation); code != 0 {
				return proto.Refusal(r, code)
			}
			plan, ok := g.plans[r.MemberID]
			if !ok {
				return nil
			}
			resp := proto.Refusal(r, 0).(*kmsg.SyncGroupResponse)
			resp.MemberAssignment = plan
			return resp
		}}
	case *kmsg.HeartbeatRequest:
		if m := g.find(r.MemberID); m != nil {
			m.beats = now
		}
		return proto.Refusal(r, g.refuse(r.MemberID, r.Generation)), parked{}
	case *kmsg.LeaveGroupRequest:
		g.members = slices.DeleteFunc(g.members, func(m *toyMember) bool { return m.id == r.Members[0].MemberID })
		g.gather(now)
		return proto.Refusal(r, 0), parked{}
	case *kmsg.OffsetCommitRequest:
		code := proto.None
		if r.Generation >= 0 {
			code = g.refuse(r.MemberID, r.Generation)
		}
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				if code == 0 {
					g.commit(tp{Topic: t.Topic, Partition: p.Partition}, p.Offset)
				}
			}
		}
		return proto.Refusal(r, code), parked{}
	case *kmsg.OffsetFetchRequest:
		resp := proto.Refusal(r, 0).(*kmsg.OffsetFetchResponse)
		for i := range resp.Topics {
			for j := range resp.Topics[i].Partitions {
				p := &resp.Topics[i].Partitions[j]
				of := tp{Topic: resp.Topics[i].Topic, Partition: p.Partition}
				if offset, ok := g.offsets[of]; ok {
					p.Offset = offset
				}
				if _, ok := g.staged[of]; ok && r.RequireStable {
					p.ErrorCode = int16(proto.UnstableOffsetCommit)
				}
			}
		}
		return resp, parked{}
	}
	panic(fmt.Sprintf("a toy does not speak %T", r))
}

func (g *toyGroup) commit(p client.TopicPartition, offset int64) {
	if g.offsets == nil {
		g.offsets = map[tp]int64{}
	}
	g.offsets[p] = offset
	g.commits = append(g.commits, fmt.Sprintf("%d@%d", p.Partition, offset))
}

func (g *toyGroup) join(w *toys, r *kmsg.JoinGroupRequest) (kmsg.Response, parked) {
	if r.MemberID == "" {
		g.names++
		resp := proto.Refusal(r, proto.MemberIDRequired).(*kmsg.JoinGroupResponse)
		resp.MemberID = fmt.Sprint("m", g.names)
		return resp, parked{}
	}
	g.gather(w.u.Now())
	m := &toyMember{r.MemberID, r, w.u.Now()}
	g.joined = append(slices.DeleteFunc(g.joined, func(o *toyMember) bool { return o.id == m.id }), m)
	return nil, parked{until: time.Hour, try: func(bool) kmsg.Response {
		if !g.ready(w.u.Now()) {
			return nil
		}
		if !slices.Contains(g.members, m) {
			return proto.Refusal(r, proto.UnknownMemberID)
		}
		m.beats = w.u.Now()
		resp := proto.Refusal(r, 0).(*kmsg.JoinGroupResponse)
		resp.Generation, resp.MemberID, resp.LeaderID = g.generation, m.id, g.members[0].id
		resp.Protocol = kmsg.StringPtr(r.Protocols[0].Name)
		for _, o := range g.members {
			if m == g.members[0] {
				rm := kmsg.NewJoinGroupResponseMember()
				rm.MemberID, rm.ProtocolMetadata = o.id, o.join.Protocols[0].Metadata
				resp.Members = append(resp.Members, rm)
			}
		}
		return resp
	}}
}

// toyTxn is a coordinator of one transactional id.
type toyTxn struct {
	id      int64
	epoch   int16
	parts   []tp
	staged  map[tp]int64
	verdict []string
}

func (x *toyTxn) do(w *toys, r kmsg.Request) kmsg.Response {
	switch r := r.(type) {
	case *kmsg.InitProducerIDRequest:
		resp := proto.Refusal(r, 0).(*kmsg.InitProducerIDResponse)
		if r.TransactionalID == nil {
			w.lastPID++
			resp.ProducerID, resp.ProducerEpoch = w.lastPID, 0
			return resp
		}
		if x.id == 0 {
			w.lastPID++
			x.id, x.epoch = w.lastPID, -1
		}
		if r.ProducerID >= 0 && r.ProducerEpoch != x.epoch {
			return proto.Refusal(r, proto.InvalidProducerEpoch)
		}
		if len(x.parts) > 0 || len(x.staged) > 0 {
			x.end(w, false)
		}
		x.epoch++
		resp.ProducerID, resp.ProducerEpoch = x.id, x.epoch
		return resp
	case *kmsg.AddPartitionsToTxnRequest:
		if r.ProducerEpoch != x.epoch {
			return proto.Refusal(r, proto.InvalidProducerEpoch)
		}
		for _, t := range r.Topics {
			for _, p := range t.Partitions {
				x.parts = append(x.parts, tp{Topic: t.Topic, Partition: p})
			}
		}
		return proto.Refusal(r, 0)
	case *kmsg.AddOffsetsToTxnRequest:
		if r.ProducerEpoch != x.epoch {
			return proto.Refusal(r, proto.InvalidProducerEpoch)
		}
		x.staged = map[tp]int64{}
		return proto.Refusal(r, 0)
	case *kmsg.TxnOffsetCommitRequest:
		if r.Generation >= 0 && w.group.refuse(r.MemberID, r.Generation) != 0 {
			return proto.Refusal(r, w.group.refuse(r.MemberID, r.Generation))
		}
		x.staged[tp{Topic: r.Topics[0].Topic, Partition: r.Topics[0].Partitions[0].Partition}] = r.Topics[0].Partitions[0].Offset
		return proto.Refusal(r, 0)
	case *kmsg.EndTxnRequest:
		if r.ProducerEpoch != x.epoch {
			return proto.Refusal(r, proto.InvalidProducerEpoch)
		}
		x.end(w, r.Commit)
		return proto.Refusal(r, 0)
	}
	return nil
}

// end writes the markers.
func (x *toyTxn) end(w *toys, commit bool) {
	kind := record.Abort
	if commit {
		kind = record.Commit
		for p, offset := range x.staged {
			w.group.commit(p, offset)
		}
	}
	x.verdict = append(x.verdict, fmt.Sprint(kind, " ", x.epoch))
	for _, at := range x.parts {
		p := w.parts[at]
		first, open := p.open[x.id]
		if !open {
			continue
		}
		if !commit {
			a := kmsg.NewFetchResponseTopicPartitionAbortedTransaction()
			a.ProducerID, a.FirstOffset = x.id, first
			p.aborted = append(p.aborted, a)
		}
		delete(p.open, x.id)
		b := record.Batch(record.Marker{ProducerID: x.id, ProducerEpoch: x.epoch, Type: kind}.Append(nil, 0))
		b.Assign(p.next, p.epoch)
		p.log, p.next = append(p.log, b), b.NextOffset()
	}
	x.parts, x.staged = nil, nil
}
