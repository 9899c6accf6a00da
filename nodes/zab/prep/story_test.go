package prep_test

import (
	"fmt"
	"strconv"
	"strings"
	"testing"

	"github.com/cockroachdb/datadriven"
	"github.com/stretchr/testify/require"

	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/prep"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// TestStories plays the stories of testdata: requests, what their clients are told, and what watches see.
//
//	go test ./nodes/zab/prep -run Stories -rewrite
//
// rewrites what is expected. Read the difference before you keep it.
//
//	world [extended] [quota] [standalone] [quirk=NAME]   a new tree
//	do                  each line of the input is judged and applied before the next
//	together            all lines are judged before any is applied
//	multi s1            the lines are the parts of one multi
//	walk                begins a snapshot; "walk N" takes N more znodes of it; "walk load" reads it and replays the log
//	sweep NOW NEVER     what is due
func TestStories(t *testing.T) {
	datadriven.Walk(t, "testdata/stories", func(t *testing.T, path string) {
		s := &teller{t: t}
		s.world(nil)
		datadriven.RunTest(t, path, func(t *testing.T, d *datadriven.TestData) string {
			s.out.Reset()
			s.t = t
			switch d.Cmd {
			case "world":
				s.world(d.CmdArgs)
			case "do":
				for line := range strings.Lines(d.Input) {
					s.line(strings.TrimSpace(line))
				}
			case "together":
				s.together(d.Input)
			case "multi":
				s.multi(d.CmdArgs[0].Key, d.Input)
			case "walk":
				s.walking(d.CmdArgs)
			case "sweep":
				now, never := number(t, d.CmdArgs[0].Key), number(t, d.CmdArgs[1].Key)
				for _, path := range s.w.tree.Sweep(now, never) {
					s.say("%s", path)
				}
			default:
				d.Fatalf(t, "no command %s", d.Cmd)
			}
			if s.out.Len() == 0 {
				return "ok\n"
			}
			return s.out.String()
		})
	})
}

type teller struct {
	t    *testing.T
	w    *world
	walk *tree.Walk
	load *tree.Loader
	out  strings.Builder
}

func (s *teller) say(format string, args ...any) { fmt.Fprintf(&s.out, format+"\n", args...) }

func number(t *testing.T, s string) int64 {
	n, err := strconv.ParseInt(s, 0, 64)
	require.NoError(t, err)
	return n
}

func (s *teller) world(args []datadriven.CmdArg) {
	var cfg tree.Config
	pc := prep.Config{Reconfig: true}
	for _, a := range args {
		switch a.Key {
		case "extended":
			cfg.ExtendedTypes = true
		case "quota":
			cfg.EnforceQuota = true
		case "standalone":
			pc.Standalone = true
		case "quirk":
			cfg.Quirks = quirkNamed(s.t, a.Vals[0])
		}
	}
	s.w = newWorld(cfg, pc)
}

// call is one line of a story: who, what, the arguments, and the options.
type call struct {
	who  int64
	op   string
	args []string
	opts map[string]string
	rest string // of the line, behind op
}

func (c call) arg(i int) string {
	if i < len(c.args) {
		return c.args[i]
	}
	return ""
}

func parse(t *testing.T, line string) call {
	f := strings.Fields(line)
	c := call{op: f[1], opts: map[string]string{}, rest: strings.Join(f[2:], " ")}
	c.who = number(t, strings.TrimPrefix(f[0], "s"))
	for _, a := range f[2:] {
		if data, ok := strings.CutPrefix(a, "data:"); ok { // with a "=" in it
			c.args = append(c.args, data)
		} else if k, v, ok := strings.Cut(a, "="); ok && !strings.HasPrefix(a, "/") && c.op != "reconfig" && c.op != "auth" {
			c.opts[k] = v
		} else if ok && c.op == "reconfig" {
			c.opts[k] = v
		} else {
			c.args = append(c.args, strings.ReplaceAll(a, `\0`, "\x00"))
		}
	}
	return c
}

// line is one request, from the client's side.
func (s *teller) line(line string) {
	c := parse(s.t, line)
	switch c.op {
	case "open":
		s.say("s%d", s.w.open())
	case "auth":
		conn := uint64(c.who)
		ids, code := tree.Authenticate(c.arg(0), []byte(c.arg(1)), tree.DigestID("super:secret").ID, "10.1.2.3")
		s.w.auth[conn] = append(s.w.auth[conn], ids...)
		s.say("%s", code)
	case "unsynced":
		s.w.ensemble.unsynced = true
	case "pending":
		s.w.ensemble.seen = s.w.ensemble.seen.WithVersion(7)
	case "move": // the session's requests come by another way now
		s.say("%s", s.w.sessions.SetOwner(c.who, 2))
	case "closing":
		s.w.sessions.SetClosing(c.who)
	default:
		if req := s.request(c); req != nil {
			s.tell(s.w.do(req))
		} else {
			s.read(c)
		}
	}
}

var modeNames = map[string]proto.CreateMode{"": 0, "eph": 1, "seq": 2, "ephseq": 3, "container": 4, "ttl": 5, "ttlseq": 6, "none": 9}

// request makes a request of a call that changes something, or nil.
func (s *teller) request(c call) *prep.Request {
	req := &prep.Request{Session: c.who, Owner: 1, Auth: s.w.auth[uint64(c.who)]}
	if c.op == "multi" { // s1 multi create /a ; delete /b
		q := &proto.MultiRequest{}
		for part := range strings.SplitSeq(c.rest, ";") {
			op, body := s.body(parse(s.t, "s0 "+part))
			q.Ops = append(q.Ops, proto.MultiOp{Type: op, Request: body})
		}
		req.Type, req.Body = proto.OpMulti, q
		return req
	}
	req.Type, req.Body = s.body(c)
	if req.Body == nil && req.Type != proto.OpCloseSession {
		return nil
	}
	return req
}

func (s *teller) body(c call) (proto.OpCode, jute.Record) {
	version := int32(-1)
	if v, ok := c.opts["v"]; ok {
		version = int32(number(s.t, v))
	}
	switch c.op {
	case "create", "create2", "createContainer":
		op := map[string]proto.OpCode{"create": proto.OpCreate, "create2": proto.OpCreate2, "createContainer": proto.OpCreateContainer}[c.op]
		mode := modeNames[c.opts["mode"]]
		if op == proto.OpCreateContainer {
			mode = proto.ModeContainer
		}
		return op, &proto.CreateRequest{Path: c.arg(0), Data: []byte(c.arg(1)), ACL: acl(s.t, c.opts), Flags: mode}
	case "createTTL":
		return proto.OpCreateTTL, &proto.CreateTTLRequest{Path: c.arg(0), ACL: acl(s.t, c.opts), Flags: modeNames[c.opts["mode"]], TTL: number(s.t, c.opts["ttl"])}
	case "delete":
		return proto.OpDelete, &proto.DeleteRequest{Path: c.arg(0), Version: version}
	case "deleteContainer":
		return proto.OpDeleteContainer, &proto.DeleteContainerRequest{Path: c.arg(0)}
	case "set":
		return proto.OpSetData, &proto.SetDataRequest{Path: c.arg(0), Data: []byte(c.arg(1)), Version: version}
	case "setacl":
		return proto.OpSetACL, &proto.SetACLRequest{Path: c.arg(0), ACL: acl(s.t, c.opts), Version: version}
	case "check":
		return proto.OpCheck, &proto.CheckVersionRequest{Path: c.arg(0), Version: version}
	case "close":
		return proto.OpCloseSession, nil
	case "reconfig":
		q := &proto.ReconfigRequest{CurConfigID: -1}
		for k, v := range c.opts {
			switch k {
			case "join":
				q.JoiningServers = &v
			case "leave":
				q.LeavingServers = &v
			case "members":
				q.NewMembers = &v
			case "from":
				q.CurConfigID = number(s.t, v)
			}
		}
		return proto.OpReconfig, q
	}
	return 0, nil
}

// acl reads "cdrwa:scheme:id" with + between; none is an empty list.
func acl(t *testing.T, opts map[string]string) []proto.ACL {
	text, ok := opts["acl"]
	if !ok {
		text = "cdrwa:world:anyone"
	}
	if text == "none" {
		return nil
	}
	var list []proto.ACL
	for _, e := range strings.Split(text, "+") {
		p := strings.SplitN(e, ":", 3)
		require.Len(t, p, 3)
		perms := int32(0)
		for _, l := range p[0] {
			perms |= map[rune]int32{'r': proto.PermRead, 'w': proto.PermWrite, 'c': proto.PermCreate, 'd': proto.PermDelete, 'a': proto.PermAdmin}[l]
		}
		id := proto.ID{Scheme: p[1], ID: p[2]}
		if p[1] == "digest" && strings.Contains(p[2], "/") { // user/password
			id = tree.DigestID(strings.Replace(p[2], "/", ":", 1))
		}
		list = append(list, proto.ACL{Perms: perms, ID: id})
	}
	return list
}

func stat(s proto.Stat) string {
	since := func(v, start int64) int64 { return max(v-start, 0) }
	return fmt.Sprintf("c%d m%d p%d t%d/%d v%d/%d/%d owner %d len %d children %d", since(s.Czxid, epoch), since(s.Mzxid, epoch), since(s.Pzxid, epoch),
		since(s.Ctime, 1_000_000), since(s.Mtime, 1_000_000), s.Version, s.Cversion, s.Aversion, s.EphemeralOwner, s.DataLength, s.NumChildren)
}

// tell says what a client is told.
func (s *teller) tell(o outcome) {
	zxid := "-"
	if o.Txn != nil {
		zxid = strconv.FormatInt(o.Txn.Header.Zxid-epoch, 10)
		if o.code == proto.CodeOK && o.Txn.Digest != nil {
			require.Equal(s.t, o.Txn.Digest.TreeDigest, s.w.tree.Digest(), "digest of %s", o.req.Type)
		}
	}
	s.events(o.events)
	s.result(zxid+" ", o.req.Type, o.code, o.res)
	s.parts(&o.res)
	if o.Quorum != nil {
		s.say("  %s", strings.ReplaceAll(o.Quorum.String(), "\n", " "))
	}
}

func (s *teller) result(prefix string, op proto.OpCode, code proto.ErrCode, r tree.Result) {
	text := fmt.Sprintf("%s%s %s %s", prefix, op, code, strings.ReplaceAll(r.Path, "\x00", `\0`))
	if r.HasStat && code == proto.CodeOK {
		text += ": " + stat(r.Stat)
	}
	s.say("%s", strings.TrimRight(text, " "))
}

// parts says what a client is told of the parts of a multi.
func (s *teller) parts(r *tree.Result) {
	if r.Type != proto.OpMulti {
		return
	}
	for i, part := range r.Answer().(*proto.MultiResponse).Results {
		s.result("  ", part.Type, part.Err, r.Multi[i])
	}
}

func (s *teller) events(list []tree.Event) {
	for _, e := range list {
		s.say("! s%d %s %s", e.Conn, e.Type, e.Path)
	}
}

func (s *teller) together(input string) {
	var all []judged
	for line := range strings.Lines(input) {
		all = append(all, s.w.judge(s.request(parse(s.t, strings.TrimSpace(line)))))
	}
	for _, j := range all {
		if j.Txn == nil {
			s.tell(outcome{judged: j, code: j.Code})
		} else {
			o := s.w.apply(func() {})
			s.events(o.events)
			s.result(strconv.FormatInt(o.Txn.Header.Zxid-epoch, 10)+" ", o.req.Type, o.code, o.res)
			s.parts(&o.res)
		}
	}
	if last := all[len(all)-1]; last.Txn != nil && last.Txn.Digest != nil {
		require.Equal(s.t, last.Txn.Digest.TreeDigest, s.w.tree.Digest(), "digest")
	}
}

func (s *teller) multi(who, input string) {
	q := &proto.MultiRequest{}
	for line := range strings.Lines(input) {
		op, body := s.body(parse(s.t, who+" "+strings.TrimSpace(line)))
		q.Ops = append(q.Ops, proto.MultiOp{Type: op, Request: body})
	}
	id := number(s.t, strings.TrimPrefix(who, "s"))
	s.tell(s.w.do(&prep.Request{Session: id, Owner: 1, Auth: s.w.auth[uint64(id)], Type: proto.OpMulti, Body: q}))
}

func (s *teller) walking(args []datadriven.CmdArg) {
	switch {
	case len(args) == 0:
		s.walk, s.load = s.w.tree.Walk(), tree.NewLoader(s.w.treeCfg)
		for _, x := range s.walk.Sessions() {
			s.load.Session(x)
		}
		for _, x := range s.walk.ACLs() {
			s.load.ACL(x)
		}
	case args[0].Key == "load":
		s.take(1 << 30)
		loaded, err := s.load.Finish(s.walk.Zxid())
		require.NoError(s.t, err)
		s.walk.Close()
		replay(loaded, s.w.log, s.w.tree.Zxid())
		for i, line := range differences(s.w.tree, loaded) {
			s.say("%s %s", []string{"live:    ", "replayed:"}[i%2], line)
		}
	default:
		s.take(int(number(s.t, args[0].Key)))
	}
}

func (s *teller) take(n int) {
	for range n {
		path, e, ok := s.walk.Next()
		if !ok {
			return
		}
		s.say("took %s c%d p%d cversion %d", path, e.Stat.Czxid-epoch, e.Stat.Pzxid-epoch, e.Stat.Cversion)
		require.NoError(s.t, s.load.Node(path, e))
	}
}

// differences are the lines in which the dumps of two trees differ, in pairs.
func differences(a, b *tree.Tree) []string {
	var out []string
	x, y := strings.Split(dump(a), "\n"), strings.Split(dump(b), "\n")
	for i := range max(len(x), len(y)) {
		var p, q string
		if i < len(x) {
			p = x[i]
		}
		if i < len(y) {
			q = y[i]
		}
		if p != q {
			out = append(out, p, q)
		}
	}
	return out
}

// replay applies what a server applies when it has loaded a snapshot, up to a zxid.
func replay(t *tree.Tree, log []proto.Transaction, to int64) {
	from := t.Zxid()
	for i := range log {
		if txn := onWire(&log[i]); from < txn.Header.Zxid && txn.Header.Zxid <= to {
			t.Apply(&txn.Header, txn.Body)
		}
	}
}

// read is a call that changes nothing.
func (s *teller) read(c call) {
	r := tree.Reader{Conn: uint64(c.who), Session: c.who, Auth: s.w.auth[uint64(c.who)]}
	_, watch := c.opts["watch"]
	path := c.arg(0)
	var op proto.OpCode
	var req jute.Record
	switch c.op {
	case "exists":
		req = &proto.ExistsRequest{Path: path, Watch: watch}
	case "get":
		req = &proto.GetDataRequest{Path: path, Watch: watch}
	case "ls":
		req = &proto.GetChildrenRequest{Path: path, Watch: watch}
	case "ls2":
		req = &proto.GetChildren2Request{Path: path, Watch: watch}
	case "getacl":
		req = &proto.GetACLRequest{Path: path}
	case "count":
		req = &proto.GetAllChildrenNumberRequest{Path: path}
	case "ephemerals":
		req = &proto.GetEphemeralsRequest{PrefixPath: path}
	case "whoami":
		op = proto.OpWhoAmI
	case "addwatch":
		req = &proto.AddWatchRequest{Path: path, Mode: map[string]proto.AddWatchMode{"persistent": 0, "recursive": 1, "none": 7}[c.arg(1)]}
	case "checkwatch":
		req = &proto.CheckWatchesRequest{Path: path, Type: watcherTypes[c.arg(1)]}
	case "removewatch":
		req = &proto.RemoveWatchesRequest{Path: path, Type: watcherTypes[c.arg(1)]}
	case "setwatches":
		req = setWatches(s.t, c)
	case "multiread":
		m := &proto.MultiRequest{}
		for _, path := range c.args {
			m.Ops = append(m.Ops, proto.MultiOp{Type: proto.OpGetData, Request: &proto.GetDataRequest{Path: path}},
				proto.MultiOp{Type: proto.OpGetChildren, Request: &proto.GetChildrenRequest{Path: path}})
		}
		req = m
	case "gone": // the connection is closed
		s.w.tree.RemoveConn(r.Conn)
		return
	default:
		s.t.Fatalf("no operation %s", c.op)
	}
	res, events, code := s.w.tree.Read(r, op, req)
	s.events(events)
	s.say("%s", strings.TrimSpace(fmt.Sprintf("%s %s", code, answer(res))))
}

var watcherTypes = map[string]proto.WatcherType{"children": 1, "data": 2, "any": 3, "persistent": 4, "recursive": 5, "none": 9}

func setWatches(t *testing.T, c call) jute.Record {
	get := func(k string) []string {
		if c.opts[k] == "" {
			return nil
		}
		return strings.Split(c.opts[k], ",")
	}
	return &proto.SetWatches2{RelativeZxid: number(t, c.opts["rel"]) + epoch, DataWatches: get("data"), ExistWatches: get("exist"), ChildWatches: get("child"),
		PersistentWatches: get("persistent"), PersistentRecursiveWatches: get("recursive")}
}

func answer(res jute.Record) string {
	switch x := res.(type) {
	case *proto.ExistsResponse:
		return stat(x.Stat)
	case *proto.GetDataResponse:
		return fmt.Sprintf("%q: %s", x.Data, stat(x.Stat))
	case *proto.GetChildrenResponse:
		return fmt.Sprint(x.Children)
	case *proto.GetChildren2Response:
		return fmt.Sprintf("%v: %s", x.Children, stat(x.Stat))
	case *proto.GetACLResponse:
		var list []string
		for _, a := range x.ACL {
			list = append(list, proto.PermString(a.Perms)+":"+a.ID.Scheme+":"+a.ID.ID)
		}
		return strings.Join(list, " ")
	case *proto.GetAllChildrenNumberResponse:
		return strconv.Itoa(int(x.TotalNumber))
	case *proto.GetEphemeralsResponse:
		return fmt.Sprint(x.Ephemerals)
	case *proto.WhoAmIResponse:
		return fmt.Sprint(x.ClientInfo)
	case *proto.MultiResponse:
		var list []string
		for _, r := range x.Results {
			if r.Type == proto.OpError {
				list = append(list, r.Err.String())
			} else {
				list = append(list, answer(r.Response))
			}
		}
		return strings.Join(list, " | ")
	}
	return ""
}

func quirkNamed(t *testing.T, name string) tree.Quirks {
	b, ok := tree.BugNamed(name)
	require.True(t, ok, "no quirk %s", name)
	return b.Quirks()
}
