package broker

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/txn"
)

// dispatch hands a request to who is in charge of it. It is answered by done, now or later.
func (b *Broker) dispatch(env nodes.Env, call uint64, ch *channel, clientID string, r kmsg.Request) {
	if b.frozen {
		return
	}
	switch r := r.(type) {
	case *kmsg.ApiVersionsRequest:
		b.versions(env, call, r)
	case *kmsg.MetadataRequest:
		b.metadata(env, call, b.listenerName(ch), r)
	case *kmsg.FindCoordinatorRequest:
		b.findCoordinator(env, call, b.listenerName(ch), r)
	case *kmsg.UpdateMetadataRequest:
		b.updateMetadata(env, call, ch, r)
	case *kmsg.DescribeConfigsRequest:
		b.describeConfigs(env, call, r)
	case *kmsg.LeaderAndISRRequest:
		b.noteLeaders(r)
		b.hold(env, &held{call: call, ch: ch, clientID: clientID, req: r})
	case *kmsg.StopReplicaRequest:
		b.handleStop(env, call, ch, clientID, r)
	default:
		b.hand(env, call, ch, clientID, r)
	}
}

// hand finds the module that takes a request.
func (b *Broker) hand(env nodes.Env, call uint64, ch *channel, clientID string, r kmsg.Request) {
	switch {
	case b.replicas.Handle(env, call, replica.Peer{ClientID: clientID, Host: "/" + ch.host}, r):
	case b.groups.Handle(env, call, group.Peer{ClientID: clientID, Host: "/" + ch.host}, r):
	case b.txns.Handle(env, call, txn.Peer{ClientID: clientID, Host: "/" + ch.host}, r):
	case b.ctrl.Handle(env, call, r):
	default: // SaslHandshake among them: there is nobody to prove anything to
		b.done(env, call, proto.Refusal(r, b.refusal(r)))
	}
}

// refusal is what is said to a request that no module takes.
func (b *Broker) refusal(r kmsg.Request) proto.Code {
	if _, ok := r.(*kmsg.SASLHandshakeRequest); ok {
		return proto.IllegalSASLState
	}
	return proto.InvalidRequest
}

// listenerName is at which listener a channel has come in.
func (b *Broker) listenerName(ch *channel) string {
	if ch.loop != nil {
		return b.cfg.InterBroker
	}
	return b.cfg.Listeners[ch.listener].Name
}

// noteLeaders learns where leaders are before the metadata says so: a new broker is told of its partitions in one breath with it.
func (b *Broker) noteLeaders(r *kmsg.LeaderAndISRRequest) {
	for _, l := range r.LiveLeaders {
		b.leaders[l.BrokerID] = nodes.Addr{ID: nodes.ID([]byte(l.Host)), Port: int(l.Port)}
	}
}
