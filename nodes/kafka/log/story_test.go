package log_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/sim/vdisk"
)

// TestStories tells what a log does in text. Its language is the switch in tell.
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &story{t: t}
		datadriven.RunTest(t, path, func(_ *testing.T, td *datadriven.TestData) string { return s.tell(td) })
	})
}

type story struct {
	t   *testing.T
	b   *broker
	l   *log.Log
	ms  int
	cfg log.Config
}

// arg is a number that the command was given.
func arg(td *datadriven.TestData, name string, def int) int {
	td.MaybeScanArgs(&testing.T{}, name, &def)
	return def
}

func (s *story) tell(td *datadriven.TestData) string {
	s.ms = arg(td, "ms", s.ms)
	switch td.Cmd {
	case "log": // begin with an empty partition; segment=bytes, compact
		s.cfg = log.Config{SegmentBytes: int64(arg(td, "segment", 0)), IndexInterval: 1, RetentionTime: -1, Compact: td.HasArg("compact"), DirtyPPM: 1}
		s.b, s.l = fresh(s.t, s.cfg, log.Quirks{})
		return ""
	case "append": // batches as a leader, one a line; epoch=, pid= seq= pepoch= txn
		return s.append(td)
	case "marker": // commit or abort; pid= pepoch= coord=
		kind := record.Commit
		if td.HasArg("abort") {
			kind = record.Abort
		}
		p := marker(int64(arg(td, "pid", 1)), int16(arg(td, "pepoch", 0)), kind, int32(arg(td, "coord", 1)), s.ms)
		_, err := s.l.AppendAsLeader(s.b.d, at(s.ms), p, int32(arg(td, "epoch", 1)), log.Coordinator, 0)
		return s.state(err)
	case "hw":
		s.l.SetHighWatermark(int64(arg(td, "to", 0)))
		return s.state(nil)
	case "elect": // a leader's epoch begins
		return s.state(s.l.AssignEpoch(s.b.d, int32(arg(td, "epoch", 0))))
	case "flush":
		return s.state(s.l.Flush(s.b.d))
	case "settle": // all syncs end
		return s.b.d.settle(s.t, s.b.Manager) + "\n"
	case "truncate":
		done, err := s.l.TruncateTo(s.b.d, int64(arg(td, "to", 0)))
		return fmt.Sprintf("done: %v\n", done) + s.state(err)
	case "start-at":
		done, err := s.l.TruncateFullyAndStartAt(s.b.d, at(s.ms), int64(arg(td, "to", 0)))
		return fmt.Sprintf("done: %v\n", done) + s.state(err)
	case "delete-records":
		_, err := s.l.DeleteRecords(s.b.d, at(s.ms), int64(arg(td, "to", 0)))
		return s.state(err)
	case "compact":
		s.b.compact(s.t, s.l, s.ms)
		return s.state(nil)
	case "kill", "power-loss":
		mode := map[string]vdisk.CrashMode{"kill": vdisk.LoseNothing, "power-loss": vdisk.LoseUnsynced}[td.Cmd]
		var r log.Report
		s.l, r = s.b.again(s.t, mode)
		out := fmt.Sprintf("clean: %v\n", r.Clean)
		for _, f := range r.Failed {
			out += fmt.Sprintf("failed: %v\n", f.Err)
		}
		return out + s.state(nil)
	case "shutdown":
		return s.state(s.b.Shutdown(s.b.d))
	case "read": // from=, and how far: follower, consumer or committed
		return s.read(td)
	case "files":
		names, err := s.b.d.List("")
		require.NoError(s.t, err)
		return strings.Join(names, "\n") + "\n"
	case "epochs":
		return fmt.Sprintln(s.l.Epochs())
	case "epoch-end":
		e, end := s.l.EndOffsetFor(int32(arg(td, "epoch", 0)))
		return fmt.Sprintf("epoch %d ends at %d\n", e, end)
	case "producers":
		var out []string
		for _, p := range s.l.Producers() {
			out = append(out, fmt.Sprintf("%d: epoch %d, sequence %d, transaction from %d", p.ID, p.Epoch, p.LastSequence, p.TxnStart))
		}
		return strings.Join(out, "\n") + "\n"
	}
	return "no such command\n"
}

func (s *story) state(err error) string {
	if err != nil {
		return err.Error() + "\n"
	}
	if s.l == nil {
		return ""
	}
	return fmt.Sprintf("start %d, stable %d, high %d, end %d, durable %d\n", s.l.StartOffset(), s.l.LastStableOffset(), s.l.HighWatermark(),
		s.l.EndOffset(), s.l.RecoveryPoint())
}

func (s *story) append(td *datadriven.TestData) string {
	for line := range strings.Lines(td.Input) {
		kvs := strings.Fields(line)
		p := plain(s.ms, kvs...)
		if td.HasArg("pid") {
			p = from(int64(arg(td, "pid", 0)), int16(arg(td, "pepoch", 0)), int32(arg(td, "seq", 0)), td.HasArg("txn"), s.ms, kvs...)
		}
		a, err := s.l.AppendAsLeader(s.b.d, at(s.ms), p, int32(arg(td, "epoch", 1)), log.Client, 0)
		if err != nil {
			return err.Error() + "\n"
		}
		if a.Duplicate {
			return fmt.Sprintf("duplicate of %d..%d\n", a.First, a.Last)
		}
	}
	return s.state(nil)
}

func (s *story) read(td *datadriven.TestData) string {
	iso := log.LogEnd
	if td.HasArg("consumer") {
		iso = log.ReadUncommitted
	} else if td.HasArg("committed") {
		iso = log.ReadCommitted
	}
	off := int64(arg(td, "from", 0))
	f, err := s.l.Read(s.b.d, nil, off, 1<<20, true, iso)
	if err != nil {
		return err.Error() + "\n"
	}
	out := strings.Join(records(s.t, f.Records, off), " ") + "\n"
	for _, a := range f.Aborted {
		out += fmt.Sprintf("aborted: %d from %d to %d\n", a.ProducerID, a.FirstOffset, a.LastOffset)
	}
	return out
}
