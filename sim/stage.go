package sim

import (
	"orrery/nodes"
	"orrery/trace"
)

// stageQueue is when the last message of a stage is going to be taken.
type stageQueue struct {
	tag  nodes.Tag
	last int64
}

// Post queues a message for a stage. The queue is in order; when the stage comes to run
// is drawn, for each message, as a thread's turn would be.
func (e *environment) Post(stage nodes.Tag, msg nodes.Message) {
	m := (*Machine)(e)
	m.effect()
	if m.stages == nil {
		panic("sim: " + string(m.id) + " posts, and is no nodes.StageHandler")
	}
	u := m.u
	q := m.stageQueue(stage)
	slot, ev := u.alloc()
	ev.kind, ev.to, ev.from, ev.incarnation = trace.Posted, m.index, m.index, m.incarnation
	ev.tag, ev.msg, ev.cause = stage, msg, u.seq
	ev.id = u.childID(trace.String(stage.Name) ^ uint64(trace.Posted))
	at := u.now
	if wait := &u.cfg.Stage; *wait != (Dist{}) {
		at += wait.at(u.draw(&m.randStr, about(ev.id, siteStage), distRange))
	}
	// Strictly after the one before, so that no tie can turn the order round.
	q.last = max(at, q.last+1)
	u.schedule(slot, q.last)
}

func (m *Machine) stageQueue(tag nodes.Tag) *stageQueue {
	for i := range m.stageAt {
		if m.stageAt[i].tag == tag {
			return &m.stageAt[i]
		}
	}
	m.stageAt = append(m.stageAt, stageQueue{tag: tag})
	return &m.stageAt[len(m.stageAt)-1]
}

func (m *Machine) handlePosted(slot uint32) bool {
	u := m.u
	e := &u.slab[slot]
	stage, msg := e.tag, e.msg
	u.begin(e, trace.String(msg.Kind()))
	u.record(e, msg)
	m.posted(stage, msg)
	u.after(m, trace.Posted)
	return true
}

func (m *Machine) posted(stage nodes.Tag, msg nodes.Message) {
	defer m.leave(m.enter())
	m.stages.Posted((*environment)(m), stage, msg)
}
