package ensemble

import (
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
	"orrery/sim"
	"orrery/trace"
)

// quiet hands on what a story is told with; and, if frames are asked for, what servers and clients say to each other, but
// for their pings, and the connections that break.
type quiet struct {
	to     sim.Recorder
	frames bool
}

// Record implements sim.Recorder.
func (q *quiet) Record(e *trace.Event) {
	if told(e) || q.frames && said(e) {
		q.to.Record(e)
	}
}

// told leaves out what happens all the time: bytes on connections, timers, stages and the disk's work.
func told(e *trace.Event) bool {
	switch e.Kind {
	case trace.Fire, trace.Posted, trace.Received, trace.Opened, trace.Closed, trace.Write, trace.Sync, trace.Synced:
		return false
	}
	return true
}

func said(e *trace.Event) bool {
	switch e.Kind {
	case trace.Received:
		return !strings.HasPrefix(Frame(nodes.ID(e.Peer), nodes.ID(e.Node), e.Payload), proto.PacketPing.String())
	case trace.Closed:
		return e.Text != ""
	}
	return false
}
