package ensemble

import (
	"orrery/sim"
	"orrery/trace"
)

// quiet hands on what a story is told with.
type quiet struct{ to sim.Recorder }

// Record implements sim.Recorder.
func (q *quiet) Record(e *trace.Event) {
	if told(e) {
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
