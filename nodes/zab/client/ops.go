package client

import (
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Op is one request: what [Client.Do] sends. The functions of this file make them.
type Op struct {
	Type    proto.OpCode
	Request jute.Record // nil where the operation has no body
}

// Open is the ACL that lets everybody do everything.
func Open() []proto.ACL {
	return []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "world", ID: "anyone"}}}
}

// Create makes a node, of any mode but those with a TTL; a nil acl is [Open]. It is answered by a Create2Response.
func Create(path string, data []byte, acl []proto.ACL, mode proto.CreateMode) Op {
	if acl == nil {
		acl = Open()
	}
	op := proto.OpCreate2
	if mode == proto.ModeContainer {
		op = proto.OpCreateContainer
	}
	return Op{op, &proto.CreateRequest{Path: path, Data: data, ACL: acl, Flags: mode}}
}

// CreateTTL makes a node that ends when nothing was done with it for ttl, in milliseconds. It is answered by a Create2Response.
func CreateTTL(path string, data []byte, acl []proto.ACL, mode proto.CreateMode, ttl int64) Op {
	if acl == nil {
		acl = Open()
	}
	return Op{proto.OpCreateTTL, &proto.CreateTTLRequest{Path: path, Data: data, ACL: acl, Flags: mode, TTL: ttl}}
}

// Delete deletes a node that has the version, or any if that is -1.
func Delete(path string, version int32) Op {
	return Op{proto.OpDelete, &proto.DeleteRequest{Path: path, Version: version}}
}

// Exists asks for a node's Stat, and leaves a watch if asked to. It is answered by an ExistsResponse.
func Exists(path string, watch bool) Op {
	return Op{proto.OpExists, &proto.ExistsRequest{Path: path, Watch: watch}}
}

// Get asks for a node's data. It is answered by a GetDataResponse.
func Get(path string, watch bool) Op {
	return Op{proto.OpGetData, &proto.GetDataRequest{Path: path, Watch: watch}}
}

// Set replaces a node's data if it has the version, or any if that is -1. It is answered by a SetDataResponse.
func Set(path string, data []byte, version int32) Op {
	return Op{proto.OpSetData, &proto.SetDataRequest{Path: path, Data: data, Version: version}}
}

// Children asks for the names of a node's children. It is answered by a GetChildren2Response.
func Children(path string, watch bool) Op {
	return Op{proto.OpGetChildren2, &proto.GetChildren2Request{Path: path, Watch: watch}}
}

// GetACL asks for a node's ACL. It is answered by a GetACLResponse.
func GetACL(path string) Op { return Op{proto.OpGetACL, &proto.GetACLRequest{Path: path}} }

// SetACL replaces a node's ACL if that has the version, or any if that is -1. It is answered by a SetACLResponse.
func SetACL(path string, acl []proto.ACL, version int32) Op {
	return Op{proto.OpSetACL, &proto.SetACLRequest{Path: path, ACL: acl, Version: version}}
}

// Sync asks for an answer that comes behind all that the leader had committed. It is answered by a SyncResponse.
func Sync(path string) Op { return Op{proto.OpSync, &proto.SyncRequest{Path: path}} }

// Multi carries out all of the operations or none: creates, deletes, sets and checks. It is answered by a MultiResponse. One that
// was not carried out ends with CodeOK too: its results tell, each of type OpError.
func Multi(ops ...Op) Op { return Op{proto.OpMulti, multi(ops)} }

// MultiRead carries out gets and children, each for itself. It is answered by a MultiResponse. Children must be asked for
// by an Op of type OpGetChildren there.
func MultiRead(ops ...Op) Op { return Op{proto.OpMultiRead, multi(ops)} }

func multi(ops []Op) *proto.MultiRequest {
	r := &proto.MultiRequest{}
	for _, op := range ops {
		r.Ops = append(r.Ops, proto.MultiOp{Type: op.Type, Request: op.Request})
	}
	return r
}

// Check lets a Multi fail unless the node has the version. Outside of one the servers refuse it.
func Check(path string, version int32) Op {
	return Op{proto.OpCheck, &proto.CheckVersionRequest{Path: path, Version: version}}
}

// AddWatch leaves a watch that no event uses up.
func AddWatch(path string, mode proto.AddWatchMode) Op {
	return Op{proto.OpAddWatch, &proto.AddWatchRequest{Path: path, Mode: mode}}
}

// RemoveWatches removes watches of this client.
func RemoveWatches(path string, t proto.WatcherType) Op {
	return Op{proto.OpRemoveWatches, &proto.RemoveWatchesRequest{Path: path, Type: t}}
}

// Ephemerals asks which nodes below a prefix belong to the session. It is answered by a GetEphemeralsResponse.
func Ephemerals(prefix string) Op {
	return Op{proto.OpGetEphemerals, &proto.GetEphemeralsRequest{PrefixPath: prefix}}
}

// CountAll asks how many nodes there are below a path. It is answered by a GetAllChildrenNumberResponse.
func CountAll(path string) Op {
	return Op{proto.OpGetAllChildrenNumber, &proto.GetAllChildrenNumberRequest{Path: path}}
}

// WhoAmI asks under which identities the connection acts. It is answered by a WhoAmIResponse.
func WhoAmI() Op { return Op{proto.OpWhoAmI, nil} }

// Reconfig changes the ensemble; see proto.ReconfigRequest. It is answered by a GetDataResponse.
func Reconfig(r proto.ReconfigRequest) Op { return Op{proto.OpReconfig, &r} }

// response makes an empty response to an operation, or nil if it has no body.
func response(t proto.OpCode) jute.Record {
	switch t {
	case proto.OpCreate:
		return &proto.CreateResponse{}
	case proto.OpCreate2, proto.OpCreateContainer, proto.OpCreateTTL:
		return &proto.Create2Response{}
	case proto.OpExists:
		return &proto.ExistsResponse{}
	case proto.OpGetData, proto.OpReconfig:
		return &proto.GetDataResponse{}
	case proto.OpSetData:
		return &proto.SetDataResponse{}
	case proto.OpGetACL:
		return &proto.GetACLResponse{}
	case proto.OpSetACL:
		return &proto.SetACLResponse{}
	case proto.OpGetChildren:
		return &proto.GetChildrenResponse{}
	case proto.OpGetChildren2:
		return &proto.GetChildren2Response{}
	case proto.OpSync:
		return &proto.SyncResponse{}
	case proto.OpMulti, proto.OpMultiRead:
		return &proto.MultiResponse{}
	case proto.OpGetEphemerals:
		return &proto.GetEphemeralsResponse{}
	case proto.OpGetAllChildrenNumber:
		return &proto.GetAllChildrenNumberResponse{}
	case proto.OpWhoAmI:
		return &proto.WhoAmIResponse{}
	}
	return nil
}
