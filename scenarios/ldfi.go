package scenarios

import (
	"fmt"
	"strings"

	"orrery/explore/lockstep"
	"orrery/nodes"
	"orrery/nodes/commit"
)

// LDFIRow is one row of the table of verdicts that lineage-driven fault injection has published (the counterexample
// suite of Molly, by Alvaro and Rosen), or one of ours below it.
type LDFIRow struct {
	Protocol string
	Assert   string // what must hold
	Bounds   lockstep.Bounds
	Finds    bool // whether there is a counterexample
	Ours     bool // not in the published table
	World    func() *lockstep.World
}

// LDFITable is the table. Machines and bounds are as published. The protocols are ours, and so are their time-outs, in
// rounds: they were chosen so that what must end can end before the end of time.
func LDFITable() []LDFIRow {
	var rows []LDFIRow
	add := func(protocol, assert string, world func() *lockstep.World, finds bool, bounds ...lockstep.Bounds) {
		for _, b := range bounds {
			rows = append(rows, LDFIRow{Protocol: protocol, Assert: assert, Bounds: b, Finds: finds, World: world})
		}
	}
	at := func(eot, eff, crashes int) lockstep.Bounds {
		return lockstep.Bounds{EOT: eot, EFF: eff, Crashes: crashes}
	}
	delivery := func(how broadcastRule) func() *lockstep.World {
		return func() *lockstep.World { return broadcastWorld(how) }
	}
	add("simplog", "delivery", delivery(sendOnce), true, at(6, 3, 0))
	add("rdlog", "delivery", delivery(sendAgain), false, at(6, 3, 0))
	add("rdlog", "delivery", delivery(sendAgain), true, at(6, 3, 1))
	add("classic_rb", "delivery", delivery(relayOnce), true, at(6, 3, 0))
	add("classic_rb", "delivery", delivery(relayOnce), false, at(6, 0, 2))
	add("replog", "delivery", delivery(relayAgain), false, at(6, 3, 0), at(6, 3, 1))
	add("ack_rb", "delivery", delivery(relayUntilAck), false, at(6, 3, 1))

	two := commit.Config{Protocol: commit.TwoPhase, Retry: lockstep.Round, InquireAfter: 2 * lockstep.Round}
	timeout := two
	timeout.VoteTimeout = 3 * lockstep.Round
	ctp := timeout
	ctp.Protocol = commit.Cooperative
	three := commit.Config{Protocol: commit.ThreePhase, Retry: lockstep.Round, InquireAfter: 2 * lockstep.Round, VoteTimeout: 2 * lockstep.Round}
	world := func(c commit.Config, optimist bool) func() *lockstep.World {
		return func() *lockstep.World { return commitRounds(c, optimist) }
	}
	const all, optimist = "agreement, termination", "agreement, termination unless the coordinator stops"
	add("2pc", all, world(two, false), false, at(7, 3, 0))
	add("2pc", all, world(two, false), true, at(6, 3, 1), at(6, 0, 1), at(6, 0, 2))
	add("2pc", optimist, world(two, true), true, at(6, 0, 1), at(6, 0, 2))
	add("2pc_timeout", optimist, world(timeout, true), false, at(6, 0, 1), at(6, 0, 2))
	add("2pc_timeout", all, world(timeout, false), true, at(6, 0, 1), at(6, 0, 2))
	add("2pc_ctp", all, world(ctp, false), true, at(6, 0, 1), at(6, 0, 2))
	add("3pc", all, world(three, false), false, at(8, 0, 1), at(8, 0, 2))
	add("3pc", all, world(three, false), true, at(9, 7, 1))

	pc := commit.Config{Protocol: commit.PaxosCommit, Retry: lockstep.Round, InquireAfter: 2 * lockstep.Round, VoteTimeout: 3 * lockstep.Round}
	published := len(rows)
	add("paxos_commit", all, world(pc, false), false, at(20, 0, 1))
	add("paxos_commit", all, world(pc, false), true, at(20, 0, 2))
	for i := range rows[published:] {
		rows[published+i].Ours = true
	}
	return rows
}

// commitRounds is a coordinator C and the participants a, b and d, with one transaction that all can do. Acceptors, where there
// are any, are the participants' machines.
func commitRounds(c commit.Config, optimist bool) *lockstep.World {
	agents := []nodes.ID{"a", "b", "d"}
	c.Shards, c.Coordinators, c.Initial = agents, []nodes.ID{"C"}, 10
	if c.Protocol == commit.PaxosCommit {
		c.Acceptors = agents
	}
	w := &lockstep.World{To: "C", Judge: func() lockstep.Judge { return &commitJudge{optimist: optimist} }}
	var ops []commit.Op
	for i := uint64(0); len(ops) < len(agents); i++ {
		k := account(i)
		if !hasShard(&c, ops, k) {
			ops = append(ops, commit.Op{Kind: commit.OpAdd, Key: k, N: 1})
		}
	}
	w.First = &commit.Message{Type: commit.Begin, Request: 1, Epoch: 1, Ops: ops}
	for _, id := range []nodes.ID{"a", "b", "C", "d"} {
		f := c
		f.Self = id
		w.Machines = append(w.Machines, lockstep.Machine{ID: id, New: func() nodes.Node { return commit.New(f) }})
	}
	return w
}

// hasShard tells whether one of the operations is on the shard of that key already.
func hasShard(c *commit.Config, ops []commit.Op, key string) bool {
	for _, o := range ops {
		if c.ShardOf(o.Key) == c.ShardOf(key) {
			return true
		}
	}
	return false
}

// commitJudge is the assertion of the published suite: of those that have decided, also before they stopped, no two differ; and
// if anybody was prepared, two have decided.
type commitJudge struct {
	optimist bool
	txn      commit.TxnID
	prepared bool
	told     commit.State // what the coordinator has decided
}

// Sent implements lockstep.Judge.
func (j *commitJudge) Sent(from, _ nodes.ID, message nodes.Message) {
	m := message.(*commit.Message)
	switch {
	case m.Type == commit.Prepare:
		j.txn = m.Txn
	case m.Type == commit.Vote && m.Yes || m.Type == commit.P2a && m.Ballot == (commit.Ballot{}):
		j.prepared = true
	case m.Type == commit.Commit && from == "C":
		j.told = commit.Committed
	case m.Type == commit.Abort && from == "C":
		j.told = commit.Aborted
	}
}

// Verdict implements lockstep.Judge.
func (j *commitJudge) Verdict(r *lockstep.Run) string {
	var commits, aborts []string
	note := func(id nodes.ID, commit bool) {
		if commit {
			commits = append(commits, string(id))
		} else {
			aborts = append(aborts, string(id))
		}
	}
	if j.told != commit.None {
		note("C", j.told == commit.Committed)
	}
	for _, id := range []nodes.ID{"a", "b", "d"} {
		if e, known := r.Node(id).(*commit.Node).Knows(j.txn); known {
			note(id, e.Commit)
		}
	}
	switch {
	case len(commits) > 0 && len(aborts) > 0:
		return fmt.Sprintf("%s commits and %s aborts", strings.Join(commits, ", "), strings.Join(aborts, ", "))
	case j.prepared && len(commits)+len(aborts) < 2 && !(j.optimist && r.Crashed("C")):
		return "it is not decided at the end of time"
	}
	return ""
}
