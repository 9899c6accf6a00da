package recipes

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// QueueQuirks are wrong forms of a queue that are met in programs.
type QueueQuirks struct {
	// NoCAS takes an item whose deletion failed because somebody else had deleted it: who deletes it must have it, and nobody else.
	NoCAS bool
	// RetryPut puts an item again after a CONNECTIONLOSS, and so perhaps twice (ZooKeeper, Error Handling in Recipes).
	RetryPut bool
	// TextOrder compares priorities as texts, so that 10 comes before 9.
	TextOrder bool
	// OldList works through the list that it once got, and does not see what came since: an item of a higher priority waits
	// (Recipes and Solutions, "Priority Queues": the up-to-date children list).
	OldList bool
}

// Queue is a queue of items below the node Path, which is made if it is missing: the smaller the priority the sooner, and among
// items of one priority those first that came first. An item is taken by whoever deletes it, so it is handed out at most once: one
// whose taker crashes, or loses the answer, is lost to the others.
//
// A queue in ZooKeeper is for few items. All names come in one answer, and one of more than jute.maxbuffer (1 MiB: some tens of
// thousands of items) is refused by clients, which then can neither take nor delete any (Curator, Tech Note 4).
type Queue struct {
	Party
	Path   string
	Quirks QueueQuirks
	old    []string
}

// Item is what was taken.
type Item struct {
	Node     string // the name
	Priority int
	Data     []byte
	Since    int64 // the zxid that the party had seen when it asked for an item
	Zxid     int64 // of its deletion, or a later one
}

// Put puts an item in. Priorities are from 0 to 9999. After ErrUnknown nobody knows whether it is in.
func (q *Queue) Put(priority int, data []byte, patience time.Duration) error {
	deadline := q.deadline(patience)
	if err := q.ensure(q.Path, nil, deadline); err != nil {
		return err
	}
	for {
		d := q.S.Do(client.Create(fmt.Sprintf("%s/queue-%d-", q.Path, priority), data, nil, proto.ModePersistentSequential))
		err := failed(d)
		if !errors.Is(err, ErrUnknown) || !q.Quirks.RetryPut || q.T.Monotonic() >= deadline {
			return err
		}
		q.S.Sleep(pause)
	}
}

// Take takes the first item. ok is false if there was none. After ErrUnknown one may have been taken, and is lost.
func (q *Queue) Take(patience time.Duration) (it Item, ok bool, err error) {
	deadline := q.deadline(patience)
	if err := q.ensure(q.Path, nil, deadline); err != nil {
		return Item{}, false, err
	}
	since := q.S.Client().Zxid()
	for {
		names, err := q.list(deadline)
		if err != nil || len(names) == 0 {
			return Item{}, false, err
		}
		for _, n := range names {
			it, ok, err := q.takeOne(n, deadline)
			if it.Since = since; err != nil || ok {
				return it, ok, err
			}
			if !q.Quirks.OldList {
				break // what stood behind it may no longer be the first
			}
		}
	}
}

// list are the items in the order in which they are to be taken.
func (q *Queue) list(deadline time.Duration) ([]string, error) {
	if len(q.old) > 0 {
		names := q.old
		q.old = nil
		return names, nil
	}
	names, _, err := q.children(q.Path, false, deadline)
	if err != nil {
		return nil, err
	}
	names = slices.DeleteFunc(names, func(n string) bool { _, _, ok := split(n); return !ok })
	slices.SortFunc(names, func(a, b string) int {
		x, i, _ := split(a)
		y, j, _ := split(b)
		byPriority := cmp.Compare(x, y)
		if q.Quirks.TextOrder {
			byPriority = strings.Compare(strconv.Itoa(x), strconv.Itoa(y))
		}
		return cmp.Or(byPriority, earlier(i, j))
	})
	if q.Quirks.OldList {
		q.old = slices.Clone(names)
	}
	return names, nil
}

// takeOne takes one item, if nobody is faster.
func (q *Queue) takeOne(name string, deadline time.Duration) (it Item, ok bool, err error) {
	path := q.Path + "/" + name
	if len(q.old) > 0 && q.old[0] == name {
		q.old = q.old[1:]
	}
	r, _, there, err := q.get(path, false, deadline)
	if err != nil || !there {
		return Item{}, false, err
	}
	it.Node, it.Data = name, slices.Clone(r.Data)
	it.Priority, _, _ = split(name)
	d := q.S.Do(client.Delete(path, r.Stat.Version))
	if d.Err == proto.CodeNoNode && !q.Quirks.NoCAS {
		return Item{}, false, nil
	}
	if d.Err != proto.CodeNoNode {
		if err := failed(d); err != nil {
			return Item{}, false, err
		}
	}
	it.Zxid = d.Zxid
	return it, true, nil
}

// split takes an item's name apart: queue-PRIORITY-NUMBER.
func split(name string) (priority int, n int32, ok bool) {
	rest, mine := strings.CutPrefix(name, "queue-")
	p, _, cut := strings.Cut(rest, "-")
	priority, err := strconv.Atoi(p)
	n, numbered := sequence(name)
	return priority, n, mine && cut && err == nil && numbered
}
