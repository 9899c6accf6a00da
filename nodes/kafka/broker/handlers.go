package broker

import (
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
)

// tagHandler is the timer of a StopReplica that waits for a request handler. N is the call.
const tagHandler = "broker/handler"

// stopsHeld is of how many StopReplica requests one finds all request handlers at work, with Options.SlowStops.
const stopsHeld = 3

// queued is a StopReplica that waits for a request handler. Its connection may have ended when one comes to it, and what another connection has
// brought since may have been carried out: the requests of a broker are in one channel, which many threads empty (RequestChannel,
// KafkaRequestHandlerPool), and those that change replicas contend for one lock that is not fair (ReplicaManager.replicaStateChangeLock).
type queued struct {
	ch       *channel
	clientID string
	req      *kmsg.StopReplicaRequest
}

// handleStop hands a StopReplica on, or lets it wait.
func (b *Broker) handleStop(env nodes.Env, call uint64, ch *channel, clientID string, r *kmsg.StopReplicaRequest) {
	if b.opts.SlowStops <= 0 || env.Rand().IntN(stopsHeld) > 0 {
		b.hand(env, call, ch, clientID, r)
		return
	}
	if b.stops == nil {
		b.stops = map[uint64]queued{}
	}
	b.stops[call] = queued{ch, clientID, r}
	env.SetTimer(nodes.Tag{Name: tagHandler, N: call}, time.Duration(env.Rand().Int64N(int64(b.opts.SlowStops))))
}

// stopNow carries a StopReplica out that has waited.
func (b *Broker) stopNow(env nodes.Env, call uint64) {
	q, ok := b.stops[call]
	if !ok || b.frozen {
		return
	}
	delete(b.stops, call)
	nodes.Sometimes(env, b.gone(q.ch), markOutlived)
	b.hand(env, call, q.ch, q.clientID, q.req)
}
