package zk

import (
	"orrery/nodes"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// producerIDs is how many producer ids a broker takes at once.
const producerIDs = 1000

// allocate takes a block of producer ids.
type allocate struct {
	call   uint64
	broker int32
	block  ProducerIDBlock
}

const (
	allocateRead = iota
	allocateSet
)

func (w *allocate) number() uint64 { return w.call }

func (w *allocate) begin(s *Store, env nodes.Env) {
	s.ask(env, w, allocateRead, client.Get(s.path(Key{Kind: KindProducerIDBlock}.Path()), false))
}

// answered tries until it is sure that a block is its own. A block whose write was lost from sight is left alone: there are 2^63.
func (w *allocate) answered(s *Store, env nodes.Env, slot int, d client.Done) bool {
	switch p := d.Response.(type) {
	case *proto.SetDataResponse:
		s.tell(ProducerIDs{Call: w.call, First: w.block.Start, Count: producerIDs})
		return true
	case *proto.GetDataResponse:
		w.block = ProducerIDBlock{Broker: w.broker, End: producerIDs - 1}
		if len(p.Data) > 0 {
			v, err := Decode(KindProducerIDBlock, 0, p.Data)
			last, ok := v.(ProducerIDBlock)
			if err != nil || !ok {
				s.tell(ProducerIDs{Call: w.call, Err: ErrMalformed})
				return true
			}
			w.block.Start, w.block.End = last.End+1, last.End+producerIDs
		}
		s.ask(env, w, allocateSet, client.Set(s.path(Key{Kind: KindProducerIDBlock}.Path()), w.block.Append(nil), p.Stat.Version))
		return false
	}
	switch d.Err {
	case proto.CodeBadVersion, proto.CodeConnectionLoss:
		w.begin(s, env)
		return false
	}
	s.tell(ProducerIDs{Call: w.call, Err: errorOf(d.Err)})
	return true
}

func (w *allocate) expired(s *Store) { s.tell(ProducerIDs{Call: w.call, Err: ErrExpired}) }
