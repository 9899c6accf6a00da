package tree

import (
	"orrery/nodes/zab/jute"
	"orrery/nodes/zab/proto"
)

// Result is what came of a transaction.
type Result struct {
	Type proto.OpCode // of the transaction; in a multi that failed, OpError for each part
	Path string       // of the znode; empty if there is none
	Stat proto.Stat   // of the znode behind the transaction, where HasStat
	// HasStat is set by those that answer with a Stat: create2 and its like, setData, reconfig and setACL.
	HasStat bool
	// Err is what the client is told. On a replay over a fuzzy snapshot it may be CodeNodeExists or CodeNoNode although the
	// request succeeded; the tree is as it should be then.
	Err   proto.ErrCode
	Multi []Result // of the parts of a multi
	// Events are what watches have seen, in the order in which they must be sent: before the answer to the
	// request, and before any answer that shows the new state.
	Events []Event
}

// Apply applies a transaction. The tree keeps the data slices of txn, which must not change any more.
//
// Transactions come in the order of their zxids, but after a snapshot was loaded some come that it
// already holds, in part. Each therefore leads to the same end whether it was applied or not: a creation brings the
// parent's cversion and pzxid forward, never back; a deletion brings pzxid forward even if there is
// nothing to delete; a closeSession deletes what it lists and what is still there.
func (t *Tree) Apply(hdr *proto.TxnHeader, txn jute.Record) Result {
	a := t.Begin(hdr, txn)
	for a.Step() {
	}
	return a.Result()
}

// Application is a transaction that is being applied. The original does so on a thread of its own, in steps that a
// snapshot, on another, can fall between: the table of sessions, each part of a multi, the zxid.
type Application struct {
	t     *Tree
	hdr   proto.TxnHeader
	txn   jute.Record
	parts []proto.Txn
	at    int
	stage stage
	res   Result

	failed, behind bool // of a multi: some part is an error; a part before this one was
}

type stage uint8

const (
	stageSession stage = iota
	stageBody
	stageZxid
	stageSessionLate // with the quirk session-after-zxid
	stageDone
)

// Begin prepares to apply a transaction in steps. No other may begin before it is done, and nobody may read
// the tree meanwhile, but for a Walk.
func (t *Tree) Begin(hdr *proto.TxnHeader, txn jute.Record) Application {
	a := Application{t: t, hdr: *hdr, txn: txn, res: Result{Type: hdr.Type}}
	if m, ok := txn.(*proto.MultiTxn); ok && hdr.Type == proto.OpMulti {
		a.parts = m.Txns
		a.res.Multi = make([]Result, 0, len(m.Txns))
		for _, p := range m.Txns {
			a.failed = a.failed || p.Type == proto.OpError
		}
	}
	if t.cfg.Quirks.SessionAfterZxid {
		a.stage = stageBody
	}
	return a
}

// Result is what came of it, once Step has returned false.
func (a *Application) Result() Result { return a.res }

// Step does the next step. It tells whether there are more.
func (a *Application) Step() (more bool) {
	switch a.stage {
	case stageSession:
		a.t.sessionEvent(&a.hdr, a.txn)
		a.stage = stageBody
	case stageBody:
		if a.hdr.Type != proto.OpMulti {
			a.t.do(&a.hdr, a.txn, &a.res, &a.res)
		} else if a.at < len(a.parts) {
			a.part(&a.parts[a.at])
			a.at++
		}
		if a.at >= len(a.parts) {
			a.stage = stageZxid
		}
	case stageZxid:
		a.t.zxid = max(a.t.zxid, a.hdr.Zxid)
		a.t.last = proto.ZxidDigest{Zxid: a.hdr.Zxid, DigestVersion: proto.DigestVersion, Digest: a.t.Digest()}
		a.stage = stageDone
		if a.t.cfg.Quirks.SessionAfterZxid {
			a.stage = stageSessionLate
		}
	case stageSessionLate:
		a.t.sessionEvent(&a.hdr, a.txn)
		a.stage = stageDone
	case stageDone:
	}
	return a.stage != stageDone
}

// part applies one part of a multi. If any part is an error, all are: those before it say OK, and those behind it that they
// were not tried.
func (a *Application) part(p *proto.Txn) {
	hdr := a.hdr
	hdr.Type = p.Type
	res := Result{Type: p.Type}
	switch {
	case a.failed && p.Type != proto.OpError:
		res.Type = proto.OpError
		if a.behind {
			res.Err = proto.CodeRuntimeInconsistency
		}
	default:
		txn, err := proto.DecodeTxn(p.Type, p.Data)
		if err != nil {
			res.Err = proto.CodeMarshallingError
			break
		}
		a.behind = a.behind || p.Type == proto.OpError
		a.t.do(&hdr, txn, &res, &a.res)
	}
	if a.res.Err == proto.CodeOK {
		a.res.Err = res.Err
	}
	a.res.Multi = append(a.res.Multi, res)
	if a.t.cfg.Quirks.MultiZxidEarly {
		a.t.zxid = max(a.t.zxid, a.hdr.Zxid)
	}
}

// sessionEvent keeps the table of global sessions. This comes before the zxid that
// is processed moves on, so that a snapshot that claims a zxid has its sessions.
func (t *Tree) sessionEvent(hdr *proto.TxnHeader, txn jute.Record) {
	switch hdr.Type {
	case proto.OpCreateSession:
		if s, ok := txn.(*proto.CreateSessionTxn); ok {
			t.sessions[hdr.ClientID] = s.TimeOut
		}
	case proto.OpCloseSession:
		delete(t.sessions, hdr.ClientID)
	}
}

// do applies what is not a multi. Its events go to those of the whole.
func (t *Tree) do(hdr *proto.TxnHeader, txn jute.Record, res, whole *Result) {
	c := change{t: t, zxid: hdr.Zxid, time: hdr.Time, events: &whole.Events}
	switch x := txn.(type) {
	case *proto.CreateTxn:
		owner := int64(0)
		if x.Ephemeral {
			owner = hdr.ClientID
		}
		c.created(res, x.Path, x.Data, x.ACL, owner, x.ParentCVersion, hdr.Type != proto.OpCreate)
		if res.Err == proto.CodeNodeExists && hdr.Type == proto.OpCreate {
			c.advanceParent(x.Path, x.ParentCVersion)
		}
	case *proto.CreateTTLTxn:
		owner, ok := TTLOwner(x.TTL)
		if !ok {
			res.Err = proto.CodeBadArguments
			return
		}
		c.created(res, x.Path, x.Data, x.ACL, owner, x.ParentCVersion, true)
	case *proto.CreateContainerTxn:
		c.created(res, x.Path, x.Data, x.ACL, ContainerOwner, x.ParentCVersion, true)
	case *proto.DeleteTxn:
		res.Path = x.Path
		res.Err = c.delete(x.Path)
	case *proto.SetDataTxn:
		res.Path = x.Path
		res.Stat, res.Err = c.setData(x.Path, x.Data, x.Version)
		res.HasStat = res.Err == proto.CodeOK
	case *proto.SetACLTxn:
		res.Path = x.Path
		res.Stat, res.Err = c.setACL(x.Path, x.ACL, x.Version)
		res.HasStat = res.Err == proto.CodeOK
	case *proto.CheckVersionTxn:
		res.Path = x.Path
	case *proto.ErrorTxn:
		res.Err = x.Err
	case *proto.CloseSessionTxn:
		c.closeSession(hdr.ClientID, x.Paths2Delete)
	case nil:
		if hdr.Type == proto.OpCloseSession { // of a server before 3.6
			c.closeSession(hdr.ClientID, nil)
		}
	}
}
