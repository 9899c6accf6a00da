package zkinterop

import (
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// pair is one client of both servers: what it asks, it asks both.
type pair struct {
	ours, theirs *session
	watches      string // the one kind of watch that it sets
}

// oracle compares two servers, operation by operation.
type oracle struct {
	t            testing.TB
	rng          *rand.Rand
	ours, theirs *server
	pairs        []*pair
	opened       int
	owners       map[int64]string // sessions of either server, by name
	asked        map[proto.OpCode]int
	known        map[string]int // differences that are the oracle's own, by ticket
	differences  []string
}

// Apache's server answers the same script as ours, for as long as ZKINTEROP_ORACLE says; every answer, every zxid, every Stat and every event must be the same, but
// for its own known defects.
func TestApachesServerGivesTheSameAnswers(t *testing.T) {
	needApache(t)
	seed := uint64(time.Now().UnixNano())
	if text := os.Getenv("ZKINTEROP_SEED"); text != "" {
		var err error
		seed, err = strconv.ParseUint(text, 10, 64)
		require.NoError(t, err)
	}
	t.Logf("ZKINTEROP_SEED=%d", seed)
	o := &oracle{t: t, rng: rand.New(rand.NewPCG(seed, 0)), ours: alone(t, ours, "tickTime=3000\n"), theirs: alone(t, apache, "tickTime=3000\n"),
		owners: map[int64]string{}, asked: map[proto.OpCode]int{}, known: map[string]int{}}
	o.ours.start()
	o.theirs.start()
	leader(t, o.ours, o.theirs)
	for range 3 {
		o.open()
	}
	limit := 15 * time.Second
	if text := os.Getenv("ZKINTEROP_ORACLE"); text != "" {
		var err error
		limit, err = time.ParseDuration(text)
		require.NoError(t, err)
	}
	n := 0
	for end := time.Now().Add(limit); time.Now().Before(end) && len(o.differences) < 10; n++ {
		o.step()
	}
	require.Empty(t, o.differences, strings.Join(o.differences, "\n"))
	for _, op := range []proto.OpCode{proto.OpCreate, proto.OpDelete, proto.OpSetData, proto.OpMulti, proto.OpMultiRead, proto.OpSetACL,
		proto.OpAddWatch, proto.OpCloseSession, proto.OpSetWatches, proto.OpReconfig, proto.OpGetEphemerals} {
		require.NotZero(t, o.asked[op], "%s was never asked", op)
	}
	t.Logf("%d operations of %d kinds, the same answers; differences that are the oracle's own: %v", n, len(o.asked), o.known)
}

// open opens a session at both.
func (o *oracle) open() {
	o.opened++
	name := fmt.Sprintf("session %d", o.opened)
	p := &pair{ours: mustConnect(o.t, o.ours), theirs: mustConnect(o.t, o.theirs),
		watches: []string{"once", "lasting", "recursive"}[o.opened%3]}
	o.owners[p.ours.id], o.owners[p.theirs.id] = name, name
	o.pairs = append(o.pairs, p)
	if o.opened%2 == 0 {
		o.ask(p, proto.OpAuth, &proto.AuthPacket{Scheme: "digest", Auth: []byte("ann:pw")}, nil)
	}
}

// step asks one thing.
func (o *oracle) step() {
	p := o.pairs[o.rng.IntN(len(o.pairs))]
	switch k := o.rng.IntN(300); {
	case k == 0 && len(o.pairs) < 6:
		o.open()
		return
	case k == 1 && len(o.pairs) > 3:
		o.ask(p, proto.OpCloseSession, nil, nil)
		o.pairs = slices.DeleteFunc(o.pairs, func(x *pair) bool { return x == p })
	case k < 200:
		op, req, res := o.write(false)
		o.ask(p, op, req, res)
	default:
		op, req, res := o.read(p)
		o.ask(p, op, req, res)
	}
	o.compareEvents()
}

// ask asks both, and compares what they answer. res makes an empty record of the answer's kind.
func (o *oracle) ask(p *pair, op proto.OpCode, req jute.Record, res func() jute.Record) {
	o.asked[op]++
	a, b := o.answer(p.ours, op, req, res), o.answer(p.theirs, op, req, res)
	if a == b {
		return
	}
	if ticket := knownAnswer(op, a, b); ticket != "" {
		o.known[ticket]++
		return
	}
	o.differences = append(o.differences, fmt.Sprintf("%s %.300q\n  ours   %s\n  theirs %s", op, describe(req), a, b))
}

func describe(req jute.Record) string {
	if m, ok := req.(*proto.MultiRequest); ok {
		var parts []string
		for _, x := range m.Ops {
			parts = append(parts, fmt.Sprintf("%s %+v", x.Type, x.Request))
		}
		return strings.Join(parts, " | ")
	}
	return fmt.Sprintf("%+v", req)
}

// answer asks one server, and prints all that it answers but times and the names of sessions.
func (o *oracle) answer(c *session, op proto.OpCode, req jute.Record, res func() jute.Record) string {
	h, d, err := c.call(op, req)
	require.NoError(o.t, err, "%s %.300q at %v", op, describe(req), c.conn.RemoteAddr())
	text := fmt.Sprintf("zxid %d %s", h.Zxid, h.Err)
	if op == proto.OpAuth {
		text = h.Err.String() // its zxid is 0 or not, by version
	}
	if h.Err != proto.CodeOK || res == nil {
		return text
	}
	r := res()
	if err := r.Decode(d); err != nil {
		return text + ": " + err.Error()
	}
	return text + " " + o.show(r)
}

func (o *oracle) stat(s proto.Stat) string {
	owner := o.owners[s.EphemeralOwner]
	if owner == "" {
		owner = fmt.Sprint(s.EphemeralOwner)
	}
	return fmt.Sprintf("{czxid %d mzxid %d pzxid %d versions %d %d %d owner %s length %d children %d}", s.Czxid, s.Mzxid, s.Pzxid,
		s.Version, s.Cversion, s.Aversion, owner, s.DataLength, s.NumChildren)
}

func (o *oracle) show(r jute.Record) string {
	switch x := r.(type) {
	case *proto.CreateResponse:
		return fmt.Sprintf("%q", x.Path)
	case *proto.Create2Response:
		return fmt.Sprintf("%q %s", x.Path, o.stat(x.Stat))
	case *proto.SetDataResponse:
		return o.stat(x.Stat)
	case *proto.SetACLResponse:
		return o.stat(x.Stat)
	case *proto.ExistsResponse:
		return o.stat(x.Stat)
	case *proto.GetDataResponse:
		return fmt.Sprintf("%q null %t %s", x.Data, x.Data == nil, o.stat(x.Stat))
	case *proto.GetChildren2Response:
		slices.Sort(x.Children)
		return fmt.Sprintf("%q %s", x.Children, o.stat(x.Stat))
	case *proto.GetChildrenResponse:
		slices.Sort(x.Children)
		return fmt.Sprintf("%q", x.Children)
	case *proto.GetACLResponse:
		return fmt.Sprintf("%+v %s", x.ACL, o.stat(x.Stat))
	case *proto.GetEphemeralsResponse:
		slices.Sort(x.Ephemerals)
		return fmt.Sprintf("%q", x.Ephemerals)
	case *proto.WhoAmIResponse:
		slices.SortFunc(x.ClientInfo, func(a, b proto.ClientInfo) int { return strings.Compare(a.AuthScheme+a.User, b.AuthScheme+b.User) })
		return fmt.Sprintf("%+v", x.ClientInfo) // the original keeps them in a hash set
	case *proto.MultiResponse:
		var parts []string
		for i := range x.Results {
			parts = append(parts, o.showPart(&x.Results[i]))
		}
		return strings.Join(parts, " | ")
	}
	return fmt.Sprintf("%+v", r)
}

// showPart leaves out the type of a creation, and the Stat of create2: 3.8.0 answers create2 as create within a
// multi (ZOOKEEPER-4721 is of that kind), and a container's creation as create2.
func (o *oracle) showPart(p *proto.MultiResult) string {
	switch x := p.Response.(type) {
	case nil:
		return fmt.Sprintf("%s %s", p.Type, p.Err)
	case *proto.CreateResponse:
		return fmt.Sprintf("created %q", x.Path)
	case *proto.Create2Response:
		return fmt.Sprintf("created %q", x.Path)
	default:
		return fmt.Sprintf("%s %s %s", p.Type, p.Err, o.show(x))
	}
}

// compareEvents compares what the watches of all clients have seen. A ping's answer comes behind all events.
func (o *oracle) compareEvents() {
	for _, p := range o.pairs {
		for _, c := range []*session{p.ours, p.theirs} {
			_, _, err := c.call(proto.OpPing, nil)
			require.NoError(o.t, err)
		}
		a, b := p.ours.events, p.theirs.events
		p.ours.events, p.theirs.events = nil, nil
		slices.Sort(a) // of what one transaction does to several watches, the original's order is that of a hash set
		slices.Sort(b)
		if slices.Equal(a, b) {
			continue
		}
		if ticket := knownEvents(a, b); ticket != "" {
			o.known[ticket]++
			continue
		}
		o.differences = append(o.differences, fmt.Sprintf("events of a client whose watches are %s\n  ours   %q\n  theirs %q", p.watches, a, b))
	}
}

// knownAnswer is the ticket of a defect of 3.8.0 that explains why its answer is another.
func knownAnswer(op proto.OpCode, a, b string) string {
	code := func(s string, c proto.ErrCode) bool { return strings.Contains(s, " "+c.String()) }
	switch {
	case op == proto.OpExists && code(a, proto.CodeNoAuth) && code(b, proto.CodeOK):
		return "ZOOKEEPER-2590" // exists does not ask for permission
	case op == proto.OpCheckWatches && code(a, proto.CodeNoWatcher) && code(b, proto.CodeOK):
		return "ZOOKEEPER-4471" // other connections' watches count
	}
	return ""
}

// knownEvents is the same of events: those that tell of what the watcher may not read (CVE-2024-23944).
func knownEvents(a, b []string) string {
	extra := slices.Clone(b)
	for _, e := range a {
		i := slices.Index(extra, e)
		if i < 0 {
			return ""
		}
		extra = slices.Delete(extra, i, i+1)
	}
	for _, e := range extra {
		if !strings.Contains(e, " "+secret) {
			return ""
		}
	}
	return "CVE-2024-23944"
}
