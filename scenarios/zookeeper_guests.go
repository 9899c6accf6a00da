package scenarios

import (
	"fmt"
	"strings"

	"orrery/checker/zookeeper"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
	"orrery/trace"
)

// What holds of access control and of watches that last. The history of an ensemble knows neither, so that clients of their own work with
// both, apart from it.
const (
	zkSecret = "access-control"     // nobody sees, or hears of, a znode that he may not read
	zkLasts  = "lasting-watch-told" // who watches for good is told of a change before an answer shows it
)

// zkGuests are an owner, whose znodes below /safe nobody else may read, and a guest who asks for them and watches all
// that there is. Below /open both may do everything.
type zkGuests struct {
	load  *zkLoad
	guest *zkClient
	on    zkConn           // of the guest, to which what follows belongs
	last  map[string]bool  // by path: watched for good; true with all below it
	keys  uint64           // znodes below /safe and /open
	seen  map[string]int64 // by path: the mzxid that an answer has shown, 0 if it was not there; nothing since an event
}

// zkConn is a connection of a session.
type zkConn struct {
	session int64
	conn    int32
}

// The paths of guests and owners.
const (
	zkSafe = "/safe"
	zkOpen = "/open"
	zkAsks = 40 // of each of the two
)

// invite adds the two clients.
func (l *zkLoad) invite() {
	g := &zkGuests{load: l, keys: 1 + l.z.w.Draw("guests/znodes", 2)}
	owner := l.add("owner", zkAsks, l.z.all())
	owner.apart, owner.auth, owner.asks, owner.burst = true, "owner:secret", g.owns, 2
	g.guest = l.add("guest", zkAsks, l.z.all())
	g.guest.apart, g.guest.asks, g.guest.burst = true, g.visits, 3
	g.guest.heard, g.guest.told = g.heard, g.told
}

func (l *zkLoad) drawFor(c *zkClient, what, limit uint64) uint64 {
	return l.z.w.U.Draw(c.stream, trace.Mix(uint64(c.begun), what), limit)
}

// zkOther is a request that the history does not know; in stories it is what words say.
func zkOther(op client.Op, path string) zkAsk {
	return zkAsk{op, zookeeper.Op{Kind: zookeeper.Sync, Path: path}}
}

// owns is the next request of the owner: he makes, changes and removes what nobody else may see, and leaves room for it first.
func (g *zkGuests) owns(c *zkClient) zkAsk {
	draw := func(what, limit uint64) uint64 { return g.load.drawFor(c, what, limit) }
	data := []byte(fmt.Sprintf("%s.%d", c.id, c.begun))
	if c.begun < 2 {
		path := []string{zkSafe, zkOpen}[c.begun]
		return zkOther(client.Create(path, nil, nil, proto.ModePersistent), path)
	}
	path, acl := g.key(zkSafe, draw(1, g.keys)), []proto.ACL{{Perms: proto.PermAll, ID: proto.ID{Scheme: "auth"}}}
	if draw(2, 3) == 0 {
		path, acl = g.key(zkOpen, draw(1, g.keys)), nil
	}
	switch draw(3, 7) {
	case 0:
		return zkOther(client.Delete(path, -1), path)
	case 1, 2, 3:
		return zkOther(client.Create(path, data, acl, proto.ModePersistent), path)
	}
	return zkOther(client.Set(path, data, -1), path)
}

func (g *zkGuests) key(below string, n uint64) string { return fmt.Sprintf("%s/%d", below, n) }

// visits is the next request of the guest.
func (g *zkGuests) visits(c *zkClient) zkAsk {
	draw := func(what, limit uint64) uint64 { return g.load.drawFor(c, what, limit) }
	safe, open := g.key(zkSafe, draw(1, g.keys)), g.key(zkOpen, draw(1, g.keys))
	either := []string{safe, open}[draw(2, 2)]
	above := []string{zkSafe, zkOpen}[draw(2, 2)]
	watch := draw(4, 2) == 0
	switch draw(3, 8) {
	case 0:
		return zkOther(client.AddWatch(above, proto.WatchPersistentRecursive), above)
	case 1:
		return zkOther(client.AddWatch(either, proto.WatchPersistent), either)
	case 2:
		return zkOther(client.GetACL(safe), safe)
	case 3:
		return zkAsk{client.Exists(either, watch), zookeeper.Op{Kind: zookeeper.Exists, Path: either, Watch: watch}}
	case 4:
		return zkOther(client.Set(open, []byte(fmt.Sprintf("%s.%d", c.id, c.begun)), -1), open)
	}
	return zkAsk{client.Get(either, watch), zookeeper.Op{Kind: zookeeper.GetData, Path: either, Watch: watch}}
}

// heard takes an answer to the guest.
func (g *zkGuests) heard(r *zookeeper.Op, op client.Op, d *client.Done) {
	if on := (zkConn{g.guest.c.Session(), g.guest.conn}); on != g.on { // what watches that last have missed between two connections is lost
		g.on, g.last, g.seen = on, map[string]bool{}, map[string]int64{}
	}
	g.load.z.w.Asked(zkSecret)
	switch q := op.Request.(type) {
	case *proto.GetACLRequest:
		if d.Err == proto.CodeOK && strings.HasPrefix(q.Path, zkSafe+"/") {
			g.broken(zkSecret, "the guest is told the ACL of %s, of which he may do nothing", q.Path)
		}
	case *proto.GetDataRequest:
		if d.Err == proto.CodeOK && strings.HasPrefix(q.Path, zkSafe+"/") {
			g.broken(zkSecret, "the guest is told what %s holds, which he may not read", q.Path)
		}
		g.shown(q.Path, r, d)
	case *proto.ExistsRequest:
		g.shown(q.Path, r, d)
	case *proto.AddWatchRequest:
		if d.Err == proto.CodeOK {
			g.last[q.Path] = g.last[q.Path] || q.Mode == proto.WatchPersistentRecursive
		}
	}
}

// shown takes what an answer shows of a znode.
func (g *zkGuests) shown(path string, r *zookeeper.Op, d *client.Done) {
	mzxid := int64(0)
	switch {
	case d.Err == proto.CodeOK && r.Stat != nil:
		mzxid = r.Stat.Mzxid
	case d.Err != proto.CodeNoNode:
		return
	}
	if !g.watched(path) {
		return
	}
	g.load.z.w.Asked(zkLasts)
	if was, ok := g.seen[path]; ok && was != mzxid {
		g.broken(zkLasts, "the guest watches %s for good, is shown it changed at %#x, and was told nothing", path, r.Zxid)
	}
	g.seen[path] = mzxid
}

// watched tells whether the guest watches for good what he may read.
func (g *zkGuests) watched(path string) bool {
	if !strings.HasPrefix(path, zkOpen) {
		return false
	}
	_, here := g.last[path]
	return here || g.last[zkOpen]
}

// told takes an event that the guest is told of. What watches find that are set again on another connection is told without regard to
// ACLs, by the original too.
func (g *zkGuests) told(ev client.Watched) {
	delete(g.seen, ev.Path)
	g.load.z.w.Asked(zkSecret)
	if strings.HasPrefix(ev.Path, zkSafe+"/") && g.guest.conn == 0 {
		g.broken(zkSecret, "the guest is told %s of %s, which he may not read", ev.Type, ev.Path)
	}
}

func (g *zkGuests) broken(property, format string, args ...any) {
	g.load.z.w.U.Violate(property, fmt.Sprintf(format, args...))
}
