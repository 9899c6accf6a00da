package zkinterop

import (
	"fmt"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// secret is where znodes are that not everybody may read.
const secret = "/s"

var ann = proto.ID{Scheme: "digest", ID: "ann:RYbu6l5aZwqon8VWmkcGvezdzfc="}

// path draws a path: mostly one of few, sometimes one that is none.
func (o *oracle) path() string {
	switch o.rng.IntN(30) {
	case 0:
		return "/"
	case 1:
		odd := []string{"", "a", "/a/", "//", "/a//b", "/./a", "/a/..", "/a\x00b", "/\u0085", "/\ue000", "/\u00e9", "/zookeeper", "/zookeeper/quota",
			"/zookeeper/config", "/zookeeper/x", "/zookeeper/quota/a", "/zookeeper/quota/a/zookeeper_limits"}
		return odd[o.rng.IntN(len(odd))]
	}
	p := "/" + []string{"a", "b", "s"}[o.rng.IntN(3)]
	for o.rng.IntN(2) == 0 {
		p += "/" + string(rune('a'+o.rng.IntN(3)))
	}
	return p
}

// acl draws an ACL for a znode. Only below secret it keeps somebody out. IPv6 is left out: before 3.9 the original
// refuses it, and then the two trees are two.
func (o *oracle) acl(path string) []proto.ACL {
	if len(path) < 2 || path[:2] != secret {
		return open
	}
	pick := func(of ...string) string { return of[o.rng.IntN(len(of))] }
	switch o.rng.IntN(6) {
	case 0:
		return []proto.ACL{{Perms: 31, ID: proto.ID{Scheme: "auth"}}}
	case 1:
		return []proto.ACL{{Perms: 1, ID: proto.ID{Scheme: "world", ID: "anyone"}}, {Perms: 30, ID: ann}}
	case 2:
		return []proto.ACL{{Perms: 31, ID: proto.ID{Scheme: pick("ip", "digest", "x", "super", "world", "x509", "sasl"),
			ID: pick("127.0.0.0/8", "a:b", "a", "a:", ":b", "a:b:", "anyone", "127.0.0.1/33", "", "1.2.3.4")}}}
	case 3:
		return nil
	}
	return open
}

func (o *oracle) version() int32 { return int32(o.rng.IntN(5)) - 1 }

func created() jute.Record  { return &proto.CreateResponse{} }
func created2() jute.Record { return &proto.Create2Response{} }

// write draws a request that changes something. within says that it is for a multi.
func (o *oracle) write(within bool) (proto.OpCode, jute.Record, func() jute.Record) {
	p := o.path()
	switch o.rng.IntN(15) {
	case 0, 1:
		return proto.OpDelete, &proto.DeleteRequest{Path: p, Version: o.version()}, nil
	case 2, 3:
		return proto.OpSetData, &proto.SetDataRequest{Path: p, Data: []byte("x"), Version: o.version()}, func() jute.Record { return &proto.SetDataResponse{} }
	case 4:
		if within {
			return proto.OpCheck, &proto.CheckVersionRequest{Path: p, Version: o.version()}, nil
		}
		return proto.OpSetACL, &proto.SetACLRequest{Path: p, ACL: o.acl(p), Version: o.version()}, func() jute.Record { return &proto.SetACLResponse{} }
	case 5:
		return proto.OpCreateContainer, &proto.CreateRequest{Path: p, ACL: o.acl(p), Flags: proto.ModeContainer}, created2
	case 6:
		return proto.OpCreateTTL, &proto.CreateTTLRequest{Path: p, ACL: o.acl(p), Flags: proto.CreateMode(5 + o.rng.IntN(2)), TTL: int64(o.rng.IntN(3)) * 1e9}, created2
	case 7, 8:
		if !within {
			q := &proto.MultiRequest{}
			for range o.rng.IntN(4) {
				op, body, _ := o.write(true)
				q.Ops = append(q.Ops, proto.MultiOp{Type: op, Request: body})
			}
			return proto.OpMulti, q, func() jute.Record { return &proto.MultiResponse{} }
		}
	case 9:
		if !within {
			return proto.OpReconfig, &proto.ReconfigRequest{CurConfigID: -1}, nil
		}
	case 10:
		if !within {
			return proto.OpSync, &proto.SyncRequest{Path: p}, func() jute.Record { return &proto.SyncResponse{} }
		}
	}
	return o.creation(p)
}

func (o *oracle) creation(p string) (proto.OpCode, jute.Record, func() jute.Record) {
	flags := proto.CreateMode(o.rng.IntN(4))
	if o.rng.IntN(40) == 0 {
		flags = proto.CreateMode(7 + o.rng.IntN(2))
	}
	if o.rng.IntN(10) == 0 {
		p += "/"
	}
	req := &proto.CreateRequest{Path: p, Data: []byte("d"), ACL: o.acl(p), Flags: flags}
	if o.rng.IntN(2) == 0 {
		return proto.OpCreate, req, created
	}
	return proto.OpCreate2, req, created2
}

// read draws a request that changes nothing but watches.
func (o *oracle) read(p *pair) (proto.OpCode, jute.Record, func() jute.Record) {
	path := o.path()
	watch := p.watches == "once" && o.rng.IntN(2) == 0
	switch o.rng.IntN(14) {
	case 0:
		watch = watch && (len(path) < 2 || path[:2] != secret) // there the original sets it without permission: ZOOKEEPER-2590
		return proto.OpExists, &proto.ExistsRequest{Path: path, Watch: watch}, func() jute.Record { return &proto.ExistsResponse{} }
	case 1, 2:
		return proto.OpGetData, &proto.GetDataRequest{Path: path, Watch: watch}, func() jute.Record { return &proto.GetDataResponse{} }
	case 3, 4:
		return proto.OpGetChildren2, &proto.GetChildren2Request{Path: path, Watch: watch}, func() jute.Record { return &proto.GetChildren2Response{} }
	case 5:
		return proto.OpGetChildren, &proto.GetChildrenRequest{Path: path, Watch: watch}, func() jute.Record { return &proto.GetChildrenResponse{} }
	case 6:
		return proto.OpGetACL, &proto.GetACLRequest{Path: path}, func() jute.Record { return &proto.GetACLResponse{} }
	case 7:
		return proto.OpGetAllChildrenNumber, &proto.GetAllChildrenNumberRequest{Path: path}, func() jute.Record { return &proto.GetAllChildrenNumberResponse{} }
	case 8:
		return proto.OpGetEphemerals, &proto.GetEphemeralsRequest{PrefixPath: path}, func() jute.Record { return &proto.GetEphemeralsResponse{} }
	case 9:
		return proto.OpWhoAmI, nil, func() jute.Record { return &proto.WhoAmIResponse{} }
	case 10:
		m := &proto.MultiRequest{}
		for range o.rng.IntN(3) {
			m.Ops = append(m.Ops, proto.MultiOp{Type: proto.OpGetData, Request: &proto.GetDataRequest{Path: o.path()}})
		}
		return proto.OpMultiRead, m, func() jute.Record { return &proto.MultiResponse{} }
	case 11:
		kind := proto.WatcherAny
		if p.watches == "once" { // before ZOOKEEPER-4472 (3.9) the original removes half of a lasting one
			kind = proto.WatcherType(1 + o.rng.IntN(3))
		}
		return proto.OpRemoveWatches, &proto.RemoveWatchesRequest{Path: path, Type: kind}, nil
	}
	return o.watch(p, path)
}

// watch draws a request that sets watches of the client's kind: one connection that mixes them meets ZOOKEEPER-4466.
func (o *oracle) watch(p *pair, path string) (proto.OpCode, jute.Record, func() jute.Record) {
	switch p.watches {
	case "once":
		back := p.ours.zxid - int64(o.rng.IntN(40))
		plain := func() string {
			return fmt.Sprintf("/%c", 'a'+o.rng.IntN(2))
		}
		return proto.OpSetWatches, &proto.SetWatches{RelativeZxid: back, DataWatches: []string{plain(), plain() + "/a"},
			ExistWatches: []string{plain() + "/b"}, ChildWatches: []string{plain()}}, nil
	case "lasting":
		return proto.OpAddWatch, &proto.AddWatchRequest{Path: path, Mode: proto.WatchPersistent}, nil
	}
	return proto.OpAddWatch, &proto.AddWatchRequest{Path: path, Mode: proto.WatchPersistentRecursive}, nil
}
