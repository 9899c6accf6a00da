package zab

import (
	"encoding/binary"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// requestOf makes an empty record for the body of a request; nil if there is no such operation.
func requestOf(op proto.OpCode) jute.Record {
	switch op {
	case proto.OpCreate, proto.OpCreate2, proto.OpCreateContainer:
		return &proto.CreateRequest{}
	case proto.OpCreateTTL:
		return &proto.CreateTTLRequest{}
	case proto.OpDelete:
		return &proto.DeleteRequest{}
	case proto.OpDeleteContainer:
		return &proto.DeleteContainerRequest{}
	case proto.OpExists:
		return &proto.ExistsRequest{}
	case proto.OpGetData:
		return &proto.GetDataRequest{}
	case proto.OpSetData:
		return &proto.SetDataRequest{}
	case proto.OpGetACL:
		return &proto.GetACLRequest{}
	case proto.OpSetACL:
		return &proto.SetACLRequest{}
	case proto.OpGetChildren:
		return &proto.GetChildrenRequest{}
	case proto.OpGetChildren2:
		return &proto.GetChildren2Request{}
	case proto.OpSync:
		return &proto.SyncRequest{}
	case proto.OpCheck:
		return &proto.CheckVersionRequest{}
	case proto.OpMulti, proto.OpMultiRead:
		return &proto.MultiRequest{}
	case proto.OpReconfig:
		return &proto.ReconfigRequest{}
	case proto.OpCheckWatches:
		return &proto.CheckWatchesRequest{}
	case proto.OpRemoveWatches:
		return &proto.RemoveWatchesRequest{}
	case proto.OpSetWatches:
		return &proto.SetWatches{}
	case proto.OpSetWatches2:
		return &proto.SetWatches2{}
	case proto.OpAddWatch:
		return &proto.AddWatchRequest{}
	case proto.OpGetEphemerals:
		return &proto.GetEphemeralsRequest{}
	case proto.OpGetAllChildrenNumber:
		return &proto.GetAllChildrenNumberRequest{}
	case proto.OpCreateSession:
		return &proto.CreateSessionTxn{}
	}
	return nil
}

// fromClients tells whether a client may ask for the operation: some are of servers alone, and a client that
// could ask for deleteContainer would delete without permission.
func fromClients(op proto.OpCode) bool {
	switch op {
	case proto.OpPing, proto.OpCloseSession, proto.OpWhoAmI:
		return true
	case proto.OpCreateSession, proto.OpDeleteContainer:
		return false
	}
	return op >= 0 && int(op) < len(operations) && operations[op]
}

// operations are those whose requests have a body.
var operations = func() (all [128]bool) {
	for op := range all {
		all[op] = requestOf(proto.OpCode(op)) != nil
	}
	return all
}()

func appendLong(b []byte, v int64) []byte { return binary.BigEndian.AppendUint64(b, uint64(v)) }
