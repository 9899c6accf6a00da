package lessons_test

import (
	"slices"
	"testing"

	"orrery/lessons"
	zombie "orrery/lessons/14-zombie-leader"
	vanish "orrery/lessons/15-entry-that-must-vanish"
	staleread "orrery/lessons/16-stale-read"
	herd "orrery/lessons/17-herd-effect"
	missed "orrery/lessons/18-missed-watch"
	expired "orrery/lessons/19-expired-session"
	acksone "orrery/lessons/20-acks-one"
	hwloses "orrery/lessons/21-high-watermark-loses"
	diverges "orrery/lessons/22-high-watermark-diverges"
	lastreplica "orrery/lessons/23-last-replica"
	zombieproducer "orrery/lessons/24-zombie-producer"
	"orrery/lessons/partition"
	"orrery/lessons/stage"
	"orrery/nodes"
)

// What somebody writes who has understood half of a lesson on ZooKeeper or Kafka.

// byZxid asks zxids which epoch it is, and follows nobody into an earlier one. (The other half alone, to ask the file and follow
// anybody, passes: ZooKeeper's elections bring no follower to a leader of an earlier epoch. The lesson says so.)
type byZxid struct{}

func (byZxid) LastAccepted(_, zxid int64) int64       { return zxid >> 32 }
func (byZxid) Accepts(epoch, lastAccepted int64) bool { return epoch >= lastAccepted }

// oneBack cuts off the last transaction, and takes the others for good.
type oneBack struct{}

func (oneBack) Keeps(peer int64, _ []int64) int64 { return peer - 1 }

// tooLate syncs when it has read.
type tooLate struct{}

func (tooLate) Read(s staleread.Server) (value int, ok bool) {
	value, ok = s.Get()
	return value, s.Sync() && ok
}

// twice reads again, of the same server.
type twice struct{}

func (twice) Read(s staleread.Server) (value int, ok bool) {
	s.Get()
	return s.Get()
}

// holder watches who has the lock, as all others do.
type holder struct{}

func (holder) Watch(line []string, _ string) string { return line[0] }

// unread leaves the watch with a read, and does not look at what it has read.
type unread struct{}

func (unread) Follow(n missed.Node) {
	value, ok := n.Get(false)
	if !ok {
		return
	}
	n.Use(value)
	if _, ok := n.Get(true); ok {
		n.Wait()
	}
}

// fence sends the session or the zxid, and looks at it or not.
type fence struct {
	session, open bool
	latest        int64
}

func (f *fence) Token(n expired.Node) int64 {
	if f.session {
		return n.Session
	}
	return n.Czxid
}

func (f *fence) Accept(token int64) bool {
	ok := f.open || token >= f.latest
	f.latest = max(f.latest, token)
	return ok
}

// heads counts who is in sync, and does not ask whether they have the record. (To look at the high watermark alone is right as long as only
// who is in sync is elected, and disks lose nothing: of the rest lesson 23 tells.)
type heads struct{}

func (heads) Acknowledges(_, _ int64, inSync int) bool { return inSync >= 2 }

// keeps cuts nothing.
type keeps struct{}

func (keeps) Cut(log partition.Log, _ int64, _ *partition.EpochEnd) (to int64, ask bool) {
	return log.EndOffset(), false
}

// asksOnce sees that its log lacks the epoch that the leader names, and believes its own end of the epoch before.
type asksOnce struct{}

func (asksOnce) Cut(log partition.Log, leader partition.EpochEnd) (to int64, again bool) {
	epoch, end := log.EndOffsetFor(leader.Epoch)
	if epoch != leader.Epoch {
		return end, false
	}
	return min(end, leader.End), false
}

// policy takes what one machine alone has, or elects whoever is there.
type policy struct{ min, clean bool }

func (p policy) Accepts(inSync int) bool { return !p.min || inSync >= 2 }

func (p policy) Elects(inSync, alive []nodes.ID) (leader nodes.ID, ok bool) {
	for _, id := range inSync {
		if slices.Contains(alive, id) {
			return id, true
		}
	}
	if p.clean || len(alive) == 0 {
		return "", false
	}
	return alive[0], true
}

// judge looks at numbers, or at instances.
type judge struct{ numbers, instances bool }

func (j judge) Judge(last partition.Stamp, any bool, next partition.Stamp) partition.Verdict {
	switch {
	case j.instances && any && next.Epoch < last.Epoch:
		return partition.Fenced
	case j.numbers && any && next.Seq <= last.Seq && (!j.instances || next.Epoch == last.Epoch):
		return partition.Duplicate
	}
	return partition.Append
}

func TestWhatIsHalfRightOfZooKeeperDoesNotPass(t *testing.T) {
	refused(t, 14, zombie.Variant("the zxid, and nobody earlier", "", func() zombie.Memory { return byZxid{} }))
	refused(t, 15, vanish.Variant("the last one alone", "", func() vanish.Trimmer { return oneBack{} }))
	refused(t, 16, staleread.Variant("syncs when it has read", "", func() staleread.Reader { return tooLate{} }))
	refused(t, 16, staleread.Variant("reads twice", "", func() staleread.Reader { return twice{} }))
	refused(t, 17, herd.Variant("watches the holder", "", func() herd.Waiter { return holder{} }))
	refused(t, 18, missed.Variant("does not look at what it has read", "", func() missed.Follower { return unread{} }))
	refused(t, 19, expired.Variant("a zxid, and no look at it", "", func() expired.Fence { return &fence{open: true} }))
	refused(t, 19, expired.Variant("the session's number", "", func() expired.Fence { return &fence{session: true} }))
}

func TestWhatIsHalfRightOfKafkaDoesNotPass(t *testing.T) {
	refused(t, 20, acksone.Variant("two in sync", "", func() acksone.Acknowledger { return heads{} }))
	refused(t, 21, hwloses.Variant("cuts nothing", "", func() hwloses.Cutter { return keeps{} }))
	refused(t, 22, diverges.Variant("asks once", "", func() diverges.Cutter { return asksOnce{} }))
	refused(t, 23, lastreplica.Variant("min.insync.replicas alone", "", func() lastreplica.Policy { return policy{min: true} }))
	refused(t, 23, lastreplica.Variant("clean elections alone", "", func() lastreplica.Policy { return policy{clean: true} }))
	refused(t, 24, zombieproducer.Variant("numbers alone", "", func() zombieproducer.Judge { return judge{numbers: true} }))
	refused(t, 24, zombieproducer.Variant("instances alone", "", func() zombieproducer.Judge { return judge{instances: true} }))
}

func refused(t *testing.T, lesson int, v stage.Variant) {
	l, err := lessons.Numbered(lesson)
	if err != nil {
		t.Fatal(err)
	}
	isRefused(t, l, &v)
}
