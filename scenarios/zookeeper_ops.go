package scenarios

import (
	"fmt"
	"strings"

	"orrery/checker/zookeeper"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/trace"
)

// zkAsk is a request, as the client makes it and as the history has it.
type zkAsk struct {
	op     client.Op
	record zookeeper.Op
}

// zkKind is a kind of request.
type zkKind uint8

const (
	zkCreate zkKind = iota
	zkCreateSequential
	zkCreateEphemeral
	zkCreateBoth
	zkDelete
	zkSet
	zkMulti
	zkGet
	zkChildren
	zkExists
	zkSync
	zkClose
	zkSetACL
)

// zkWeights are the kinds of request, and what part of a workload they are, if all are on.
var zkWeights = []struct {
	kind   zkKind
	weight int
	always bool
}{
	{zkCreate, 6, true}, {zkSet, 6, true}, {zkGet, 6, true}, {zkDelete, 2, false}, {zkCreateSequential, 2, false},
	{zkCreateEphemeral, 3, false}, {zkCreateBoth, 1, false}, {zkMulti, 3, false}, {zkChildren, 3, false}, {zkExists, 3, false},
	{zkSync, 1, false}, {zkClose, 1, false}, {zkSetACL, 1, false},
}

// drawKinds leaves each kind out of half of all universes: what is left happens more often.
func (l *zkLoad) drawKinds() {
	for _, k := range zkWeights {
		if k.always || l.z.w.Chance(fmt.Sprintf("requests of kind %d", k.kind), 600_000) {
			for range k.weight {
				l.kinds = append(l.kinds, k.kind)
			}
		}
	}
}

// draw is the n-th request of a client: drawn by that name, so that leaving out one request changes no other.
func (l *zkLoad) draw(c *zkClient) zkAsk {
	n := uint64(c.begun)
	draw := func(what, limit uint64) uint64 { return l.z.w.U.Draw(c.stream, trace.Mix(n, what), limit) }
	path := l.paths[draw(2, uint64(len(l.paths)))]
	data := fmt.Sprintf("%s.%d", c.id, n) + l.padding(draw)
	version := int32(-1)
	if v, ok := c.stat[path]; ok && draw(3, 2) == 1 {
		version = v
	}
	watch := draw(4, l.watches) == 1 && c.c.Zxid() != 0 // the checker takes an answer at zxid 0 for one without
	switch kind := l.kinds[draw(1, uint64(len(l.kinds)))]; kind {
	case zkCreate, zkCreateSequential, zkCreateEphemeral, zkCreateBoth:
		return zkCreates(path, data, kind)
	case zkDelete:
		return zkAsk{client.Delete(path, version), zookeeper.Op{Kind: zookeeper.Delete, Path: path, Version: version}}
	case zkSet:
		return zkAsk{client.Set(path, []byte(data), version), zookeeper.Op{Kind: zookeeper.SetData, Path: path, Data: data, Version: version}}
	case zkMulti:
		return l.multi(data, version, draw)
	case zkGet:
		return zkAsk{client.Get(path, watch), zookeeper.Op{Kind: zookeeper.GetData, Path: path, Watch: watch}}
	case zkChildren:
		return zkAsk{client.Children(path, watch), zookeeper.Op{Kind: zookeeper.GetChildren, Path: path, Watch: watch}}
	case zkExists:
		return zkAsk{client.Exists(path, watch), zookeeper.Op{Kind: zookeeper.Exists, Path: path, Watch: watch}}
	case zkSync:
		return zkAsk{client.Sync(path), zookeeper.Op{Kind: zookeeper.Sync, Path: path}}
	case zkSetACL:
		acl := client.Open()
		if draw(5, 2) == 1 { // another entry of the table of ACLs, which lets everybody do everything all the same
			acl = append(acl, proto.ACL{Perms: 1, ID: proto.ID{Scheme: "ip", ID: fmt.Sprintf("10.0.0.%d", draw(6, 4))}})
		}
		if draw(7, 2) == 1 {
			a := zkCreates(path, data, zkCreate)
			a.op.Request.(*proto.CreateRequest).ACL = acl
			return a
		}
		return zkAsk{client.SetACL(path, acl, -1), zookeeper.Op{Kind: zookeeper.Sync, Path: path}}
	}
	if draw(8, 4) > 0 {
		return zkAsk{client.Get(path, watch), zookeeper.Op{Kind: zookeeper.GetData, Path: path, Watch: watch}}
	}
	return zkAsk{client.Op{Type: proto.OpCloseSession}, zookeeper.Op{Kind: zookeeper.Close}}
}

// padding makes what is written as large as this load wants it.
func (l *zkLoad) padding(draw func(what, limit uint64) uint64) string {
	if l.large == 0 {
		return ""
	}
	return strings.Repeat(".", int(draw(9, l.large)))
}

func zkCreates(path, data string, kind zkKind) zkAsk {
	r := zookeeper.Op{Kind: zookeeper.Create, Path: path, Data: data}
	mode := proto.ModePersistent
	switch kind {
	case zkCreateSequential:
		mode, r.Sequential = proto.ModePersistentSequential, true
	case zkCreateEphemeral:
		mode, r.Ephemeral = proto.ModeEphemeral, true
	case zkCreateBoth:
		mode, r.Ephemeral, r.Sequential = proto.ModeEphemeralSequential, true, true
	}
	return zkAsk{client.Create(path, []byte(data), nil, mode), r}
}

// multi draws a multi of two or three parts.
func (l *zkLoad) multi(data string, version int32, draw func(what, limit uint64) uint64) zkAsk {
	r := zookeeper.Op{Kind: zookeeper.Multi}
	var ops []client.Op
	for i := range 2 + draw(20, 2) {
		path := l.paths[draw(21+10*i, uint64(len(l.paths)))]
		part := fmt.Sprintf("%s.%d", data, i)
		var a zkAsk
		switch draw(22+10*i, 6) {
		case 0:
			a = zkAsk{client.Check(path, version), zookeeper.Op{Kind: zookeeper.CheckVersion, Path: path, Version: version}}
		case 1:
			a = zkCreates(path, part, zkCreate)
		case 2:
			a = zkCreates(path, part, zkCreateSequential)
		default:
			a = zkAsk{client.Set(path, []byte(part), -1), zookeeper.Op{Kind: zookeeper.SetData, Path: path, Data: part, Version: -1}}
		}
		ops, r.Subs = append(ops, a.op), append(r.Subs, a.record)
	}
	return zkAsk{client.Multi(ops...), r}
}

// zkProbe is what a fresh client does after the heal.
var zkProbe = []func(c *zkClient) zkAsk{
	func(*zkClient) zkAsk { return zkCreates("/probe", "1", zkCreate) },
	func(*zkClient) zkAsk {
		return zkAsk{client.Set("/probe", []byte("2"), -1), zookeeper.Op{Kind: zookeeper.SetData, Path: "/probe", Data: "2", Version: -1}}
	},
	func(*zkClient) zkAsk {
		return zkAsk{client.Get("/probe", false), zookeeper.Op{Kind: zookeeper.GetData, Path: "/probe"}}
	},
	func(*zkClient) zkAsk { return zkCreates("/probe/e", "3", zkCreateEphemeral) },
	func(*zkClient) zkAsk {
		return zkAsk{client.Children("/", false), zookeeper.Op{Kind: zookeeper.GetChildren, Path: "/"}}
	},
	func(*zkClient) zkAsk {
		return zkAsk{client.Get("/a", false), zookeeper.Op{Kind: zookeeper.GetData, Path: "/a"}}
	},
	func(*zkClient) zkAsk {
		return zkAsk{client.Children("/a", false), zookeeper.Op{Kind: zookeeper.GetChildren, Path: "/a"}}
	},
	func(*zkClient) zkAsk {
		return zkAsk{client.Get("/b", false), zookeeper.Op{Kind: zookeeper.GetData, Path: "/b"}}
	},
}
