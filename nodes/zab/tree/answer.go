package tree

import (
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Answer is the body of the reply to the request that the transaction came of. It is nil if there is none: after an error (but for
// that of a multi), and for delete, closeSession and check. Of a reconfig it lacks the data: the text of the
// ensemble in force.
func (r *Result) Answer() jute.Record {
	switch {
	case r.Type == proto.OpMulti:
		all := &proto.MultiResponse{Results: make([]proto.MultiResult, len(r.Multi))}
		for i := range r.Multi {
			all.Results[i] = r.Multi[i].part()
		}
		return all
	case r.Err != proto.CodeOK:
		return nil
	}
	switch r.Type {
	case proto.OpCreate:
		return &proto.CreateResponse{Path: r.Path}
	case proto.OpCreate2, proto.OpCreateTTL, proto.OpCreateContainer:
		return &proto.Create2Response{Path: r.Path, Stat: r.Stat}
	case proto.OpSetData:
		return &proto.SetDataResponse{Stat: r.Stat}
	case proto.OpSetACL:
		return &proto.SetACLResponse{Stat: r.Stat}
	case proto.OpReconfig:
		return &proto.GetDataResponse{Stat: r.Stat}
	}
	return nil
}

// part is a part of a multi as the reply tells it. All that answer like create2 are called so there.
func (r *Result) part() proto.MultiResult {
	t := r.Type
	switch {
	case t == proto.OpError || r.Err != proto.CodeOK:
		return proto.MultiResult{Type: proto.OpError, Err: r.Err}
	case t == proto.OpCreateTTL || t == proto.OpCreateContainer:
		t = proto.OpCreate2
	}
	return proto.MultiResult{Type: t, Response: r.Answer()}
}
