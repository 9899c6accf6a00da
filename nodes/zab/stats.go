package zab

import (
	"fmt"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/proto"
)

// latencies are how long requests took, in ms, as administrators are told of them (AvgMinMaxCounter).
type latencies struct {
	min, max, last int64
	total, count   int64
}

func (l *latencies) add(ms int64) {
	if l.count == 0 || ms < l.min {
		l.min = ms
	}
	l.max, l.last = max(l.max, ms), ms
	l.total += ms
	l.count++
}

// mean is the average in ms, with up to four digits behind the point, and at least one, as Java prints it.
func (l *latencies) mean() string {
	if l.count == 0 {
		return "0.0"
	}
	n := (l.total*10_000 + l.count/2) / l.count
	s := strings.TrimRight(fmt.Sprintf("%d.%04d", n/10_000, n%10_000), "0")
	if strings.HasSuffix(s, ".") {
		s += "0"
	}
	return s
}

// traffic is what is counted of all clients since the start, or since srst (ServerStats).
type traffic struct {
	received, sent uint64 // packets
	latency        latencies
}

// asked notes that a request has come.
func (k *client) asked(env nodes.Env) {
	k.queued = append(k.queued, env.Monotonic())
}

// answered notes that the oldest request of the client has its answer.
func (s *Server) answered(env nodes.Env, k *client, op proto.OpCode, h proto.ReplyHeader) {
	if len(k.queued) > 0 {
		ms := int64((env.Monotonic() - k.queued[0]) / time.Millisecond)
		k.queued = behindFirst(k.queued)
		s.clients.inProcess--
		k.latency.add(ms)
		s.traffic.latency.add(ms)
	}
	k.lastOp, k.lastXid, k.lastZxid, k.lastResponse = opWord(op), h.Xid, h.Zxid, env.Now().UnixMilli()
}

// opWord is an operation as cons calls it.
func opWord(op proto.OpCode) string {
	switch op {
	case proto.OpPing:
		return "PING"
	case proto.OpCreateSession:
		return "SESS"
	case proto.OpCloseSession:
		return "CLOS"
	case proto.OpMulti:
		return "MULT"
	case proto.OpMultiRead:
		return "MLTR"
	case proto.OpCreate, proto.OpCreate2, proto.OpCreateTTL, proto.OpCreateContainer:
		return "CREA"
	case proto.OpDelete, proto.OpDeleteContainer:
		return "DELE"
	case proto.OpSetData:
		return "SETD"
	case proto.OpReconfig:
		return "RECO"
	case proto.OpSetACL:
		return "SETA"
	case proto.OpSync:
		return "SYNC"
	case proto.OpCheck:
		return "CHEC"
	case proto.OpExists:
		return "EXIS"
	case proto.OpGetData:
		return "GETD"
	case proto.OpSetWatches:
		return "SETW"
	case proto.OpSetWatches2:
		return "STW2"
	case proto.OpAddWatch:
		return "ADDW"
	case proto.OpGetACL:
		return "GETA"
	case proto.OpGetChildren, proto.OpGetChildren2:
		return "GETC"
	case proto.OpGetAllChildrenNumber:
		return "GETACN"
	case proto.OpCheckWatches:
		return "CHKW"
	case proto.OpRemoveWatches:
		return "REMW"
	case proto.OpGetEphemerals:
		return "GETE"
	case proto.OpWhoAmI:
		return "HOMI"
	}
	return "NA"
}
