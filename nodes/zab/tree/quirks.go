package tree

// Quirks are historical defects of ZooKeeper's data tree, of its watches and of the preparation of requests, each placed
// where history had it. The zero value is correct. Beside each stands its name in [Bugs], which tells what it
// does wrong and where it comes from.
//
// NoClosingFlag concerns packages prep and session: session.Config has a switch of the same name, to be set together.
type Quirks struct {
	MultiZxidEarly       bool // multi-zxid-early, ZOOKEEPER-3127
	ReplayPzxid          bool // replay-pzxid, ZOOKEEPER-3125
	ReplayCversion       bool // replay-cversion, ZOOKEEPER-3249
	CloseSessionNoPaths  bool // closesession-no-paths, ZOOKEEPER-3145
	SessionAfterZxid     bool // session-after-zxid, ZOOKEEPER-3144
	ACLCacheFuzzy        bool // acl-cache-fuzzy, ZOOKEEPER-4846
	NoClosingFlag        bool // no-closing-flag, ZOOKEEPER-1208
	SetWatchesExistsType bool // setwatches-exists-type, ZOOKEEPER-1667
	WatchModeOverwrite   bool // watchmode-overwrite, ZOOKEEPER-4466
	AddWatchNoACL        bool // addwatch-no-acl, CVE-2024-23944
	GetACLNoCheck        bool // getacl-no-check, CVE-2019-0201
}

// Bug is a quirk with its history.
type Bug struct {
	Name   string // in kebab-case
	Source string // ticket, and the versions that had it
	What   string // what the program does wrong, in one sentence
	Breaks string // the guarantee that it breaks
	Needs  string // what must happen for it to show

	set func(*Quirks)
}

// Quirks returns the Quirks in which b is the only one.
func (b Bug) Quirks() Quirks {
	var q Quirks
	b.set(&q)
	return q
}

// Bugs returns all known defects: those of replay first, then those of sessions, watches and ACLs.
func Bugs() []Bug { return bugs }

// BugNamed returns the defect of that name.
func BugNamed(name string) (Bug, bool) {
	for _, b := range bugs {
		if b.Name == name {
			return b, true
		}
	}
	return Bug{}, false
}

const needsFuzzy = "a snapshot during writes, and a start from it"

var bugs = []Bug{
	{Name: "multi-zxid-early", Source: "ZOOKEEPER-3127 (before 3.5.5)",
		What:   "the first part of a multi advances the zxid that is processed, so that a snapshot that begins then claims all of the multi and holds a part",
		Breaks: "atomic multi", Needs: needsFuzzy, set: func(q *Quirks) { q.MultiZxidEarly = true }},
	{Name: "replay-pzxid", Source: "ZOOKEEPER-3125 (before 3.5.5)",
		What:   "the replay of a deletion leaves the parent's pzxid as it was if the snapshot has lost the child already, so that a child watch set again later sees no change",
		Breaks: "equal trees, watch order", Needs: needsFuzzy, set: func(q *Quirks) { q.ReplayPzxid = true }},
	{Name: "replay-cversion", Source: "ZOOKEEPER-3249 (before 3.5.5)",
		What:   "the replay of a creation sets the parent's cversion and pzxid even if they are further already, so that a sequential name is used twice",
		Breaks: "equal trees, sequential names", Needs: needsFuzzy, set: func(q *Quirks) { q.ReplayCversion = true }},
	{Name: "closesession-no-paths", Source: "ZOOKEEPER-3145 (before 3.6.0)",
		What:   "a closeSession does not list what it deletes, so that its replay passes over the parents of what the snapshot has lost already",
		Breaks: "equal trees, watch order", Needs: needsFuzzy, set: func(q *Quirks) { q.CloseSessionNoPaths = true }},
	{Name: "session-after-zxid", Source: "ZOOKEEPER-3144 (before 3.5.5)",
		What:   "the table of sessions changes after the zxid that is processed, so that a snapshot between them lacks a session, or has one that is closed",
		Breaks: "ephemerals, sessions", Needs: needsFuzzy, set: func(q *Quirks) { q.SessionAfterZxid = true }},
	{Name: "acl-cache-fuzzy", Source: "ZOOKEEPER-4846 (before 3.9.3)",
		What:   "the replay of a creation leaves a znode that the snapshot has with the number of an ACL that the snapshot has not",
		Breaks: "equal trees", Needs: needsFuzzy, set: func(q *Quirks) { q.ACLCacheFuzzy = true }},
	{Name: "no-closing-flag", Source: "ZOOKEEPER-1208 (before 3.3.4)",
		What:   "a request behind the closeSession of its session is accepted, and its ephemeral znode has nobody to end with",
		Breaks: "ephemerals", Needs: "requests that are under way when their session ends", set: func(q *Quirks) { q.NoClosingFlag = true }},
	{Name: "setwatches-exists-type", Source: "ZOOKEEPER-1667 (before 3.4.6)",
		What:   "watches that are set again fire with the wrong type: a data watch with NodeCreated, an exists watch with NodeDataChanged",
		Breaks: "watch order", Needs: "a client that connects again", set: func(q *Quirks) { q.SetWatchesExistsType = true }},
	{Name: "watchmode-overwrite", Source: "ZOOKEEPER-4466 (3.6.0 to 3.8)",
		What:   "a connection has one watch a path and table, so that a second one of another mode takes the place of the first",
		Breaks: "watch order", Needs: "addWatch beside other watches", set: func(q *Quirks) { q.WatchModeOverwrite = true }},
	{Name: "addwatch-no-acl", Source: "CVE-2024-23944 (3.6.0 to 3.8.3, 3.9.0 to 3.9.1)",
		What:   "events are delivered without a look at the ACL of the znode",
		Breaks: "access control", Needs: "ACLs and addWatch", set: func(q *Quirks) { q.AddWatchNoACL = true }},
	{Name: "getacl-no-check", Source: "CVE-2019-0201 (before 3.4.14)",
		What:   "anybody may ask for the ACL of a znode, and gets the hashes of the passwords in it",
		Breaks: "access control", Needs: "ACLs", set: func(q *Quirks) { q.GetACLNoCheck = true }},
}
