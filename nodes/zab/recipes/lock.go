package recipes

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Mode is how a lock is held.
type Mode uint8

// The modes.
const (
	Exclusive Mode = iota // by one, and nobody else
	Shared                // by any number, while nobody holds it exclusively
)

// label is how the nodes of a mode are called, between the party's own mark and the number.
func (m Mode) label() string { return [...]string{"-write-", "-read-"}[m] }

// LockQuirks are wrong forms of a lock that are met in programs.
type LockQuirks struct {
	// WatchParent waits for any change of the queue, and not of the predecessor: each release wakes everybody who waits
	// (ZooKeeper, Recipes and Solutions, "Locks": "the herd effect").
	WatchParent bool
	// NoRecheck takes the end of the predecessor for its own turn, and does not list again. The predecessor may have given up,
	// or its session may have ended, while somebody before it holds the lock (ibid., step 5: "goto step 2").
	NoRecheck bool
	// SortByName orders the queue by whole names, and these begin with a mark that is drawn
	// (Curator: LockInternalsSorter exists for that; the page's own "read-" and "write-" sort wrongly too).
	SortByName bool
	// NoSearch creates another node after a CONNECTIONLOSS, and does not look whether the first one was made
	// (ZooKeeper, Error Handling in Recipes; Curator's and go-zookeeper's protected creates exist for that).
	NoSearch bool
	// LeaveNode leaves the node in the queue when the wait is given up, where it blocks everybody until the session ends
	// (go-zookeeper: Lock returns the error of an event and deletes nothing).
	LeaveNode bool
	// NeighbourOnly has a reader look at the node before its own and at no other: behind another reader, it goes in, though a writer
	// stands further in front (Recipes and Solutions, "Shared Locks": the next lowest node that begins with "write-").
	NeighbourOnly bool
}

// Lock is a lock below the node Path, which is made if it is missing. Those that wait stand in a queue of ephemeral sequential
// nodes, each of which watches the nearest one that it must not overtake.
type Lock struct {
	Party
	Path   string
	Quirks LockQuirks

	// Woken, where it is set, is told of every event that ended a wait.
	Woken func(w client.Watched)
}

// Hold is a lock that was acquired.
type Hold struct {
	Mode  Mode
	Node  string // the path of the party's node: while it exists, the lock is held
	Token int64  // for fencing: the zxid of the node's creation. It grows from grant to grant
	Zxid  int64  // as of which the party saw that it was its turn
}

// Acquire acquires the lock. It returns ErrTimeout after patience, and ErrSession if the session ends; then no node is left in the
// queue, but if the session is over it may take until the servers have noticed.
func (l *Lock) Acquire(m Mode, patience time.Duration) (Hold, error) {
	deadline := l.deadline(patience)
	if err := l.ensure(l.Path, nil, deadline); err != nil {
		return Hold{}, err
	}
	mark := fmt.Sprintf("%016x", l.T.Rand().Uint64())
	node, token, err := l.enqueue(mark, m, deadline)
	if err != nil {
		return Hold{}, l.giveUp(mark, "", err)
	}
	h := Hold{Mode: m, Node: node, Token: token}
	if h.Zxid, err = l.await(mark, h, deadline); err != nil {
		return Hold{}, l.giveUp(mark, node, err)
	}
	return h, nil
}

// Release gives the lock back. It returns once that is certain, or the session is over, which is as good.
func (l *Lock) Release(h Hold) { l.remove(h.Node) }

// enqueue creates the party's node. A lost answer leaves open whether it was made: the mark in its name tells.
func (l *Lock) enqueue(mark string, m Mode, deadline time.Duration) (node string, token int64, err error) {
	for {
		d := l.S.Do(client.Create(l.Path+"/"+mark+m.label(), []byte(l.Name), nil, proto.ModeEphemeralSequential))
		err := failed(d)
		if err == nil {
			r := d.Response.(*proto.Create2Response)
			return r.Path, r.Stat.Czxid, nil
		}
		if !errors.Is(err, ErrUnknown) {
			return "", 0, err
		}
		if !l.Quirks.NoSearch {
			node, token, err = l.search(mark, deadline)
			if err != nil || node != "" {
				return node, token, err
			}
		}
		if l.T.Monotonic() >= deadline {
			return "", 0, ErrTimeout
		}
		l.S.Sleep(pause)
	}
}

// search finds the node with the mark, or "". The sync comes first: without it a server that lags could not show a node that the
// leader had already proposed when the connection broke, and a second one would be made.
func (l *Lock) search(mark string, deadline time.Duration) (node string, token int64, err error) {
	if _, err = l.again(client.Sync(l.Path), deadline); err != nil {
		return "", 0, err
	}
	names, _, err := l.children(l.Path, false, deadline)
	if err != nil {
		return "", 0, err
	}
	for _, n := range inOrder(names) {
		if strings.HasPrefix(n, mark) {
			st, _, ok, err := l.exists(l.Path+"/"+n, false, deadline)
			if err != nil || ok {
				return l.Path + "/" + n, st.Czxid, err
			}
		}
	}
	return "", 0, nil
}

// giveUp takes the party's node out of the queue, and any other that an attempt may have made, and passes the error on.
func (l *Lock) giveUp(mark, node string, why error) error {
	if l.Quirks.LeaveNode {
		return why
	}
	if node != "" {
		l.remove(node)
	}
	for !l.Quirks.NoSearch && !l.S.Client().State().Over() {
		node, _, err := l.search(mark, task.Forever)
		if err == nil && node == "" {
			break
		}
		if err == nil {
			l.remove(node)
		}
	}
	return why
}

// await waits for the party's turn, and returns the zxid as of which it was seen.
func (l *Lock) await(mark string, h Hold, deadline time.Duration) (int64, error) {
	for {
		names, zxid, err := l.children(l.Path, l.Quirks.WatchParent, deadline)
		if err != nil {
			return 0, err
		}
		before, found := l.before(names, base(h.Node), h.Mode)
		switch {
		case !found:
			return 0, ErrSession // who else would have deleted it
		case before == "":
			return zxid, nil
		case strings.HasPrefix(before, mark) && !l.Quirks.NoSearch: // made by an attempt that was thought lost
			l.remove(l.Path + "/" + before)
			continue
		}
		watched := l.Path
		if !l.Quirks.WatchParent {
			watched = l.Path + "/" + before
			_, _, there, err := l.exists(watched, true, deadline)
			if err != nil {
				return 0, err
			}
			if !there {
				continue
			}
		}
		w, ok := l.waitFor(watched, deadline)
		if !ok {
			return 0, l.late()
		}
		if l.Woken != nil {
			l.Woken(w)
		}
		if l.Quirks.NoRecheck {
			return max(w.Zxid, l.S.Client().Zxid()), nil
		}
	}
}

// before is the nearest node that must go before it is the turn of own; "" if there is none. found is false if own is not in the queue.
func (l *Lock) before(names []string, own string, m Mode) (nearest string, found bool) {
	queue := inOrder(names)
	if l.Quirks.SortByName {
		slices.Sort(queue)
	}
	i := slices.Index(queue, own)
	if i < 0 {
		return "", false
	}
	for j := i - 1; j >= 0; j-- {
		if m == Exclusive || strings.Contains(queue[j], Exclusive.label()) {
			return queue[j], true
		}
		if l.Quirks.NeighbourOnly {
			break
		}
	}
	return "", true
}
