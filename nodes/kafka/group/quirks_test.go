package group_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/group"
	"orrery/nodes/kafka/proto"
)

// defects are the stories in which each defect shows. A story tells whether what it is about has gone wrong.
var defects = map[string]func(w *world) bool{
	"expire-timestamp-of-minus-one": func(w *world) bool {
		w.ask(commitRequest("g", "", nil, -1, 0, 7))
		w.failover()
		w.pass(time.Hour)
		return w.group("g") == nil
	},
	"expire-while-rebalancing": func(w *world) bool {
		a := w.consumer("g")
		a.session = 10 * time.Minute
		w.form(a)
		a.commit(0, 7)
		for range 8 * 24 * 10 { // the group is in use for more than the retention
			w.pass(6 * time.Minute)
			if a.heartbeat() != proto.None {
				panic("the member is alive")
			}
		}
		a.leave() // and starts again
		a.id, a.rebalance = "", 10*time.Minute
		a.join()
		b := w.consumer("g")
		w.ask(b.joinRequest()) // never comes back with its id: the group waits for it
		b.session = 30 * time.Minute
		w.c.Fire(w.machine, expireTimer)
		w.settle()
		return len(w.group("g").Offsets) == 0
	},
	"no-sync-timeout": func(w *world) bool {
		a, b := w.consumer("g"), w.consumer("g")
		ca, cb := a.join(), b.join()
		w.pass(c3s)
		a.joined(ca)
		b.joined(cb)
		b.sync(nil)
		for range 40 { // the leader lives, but does not sync
			w.pass(5 * time.Second)
			_ = a.heartbeat()
		}
		return w.group("g").State == "CompletingRebalance"
	},
	"new-member-never-expires": func(w *world) bool {
		a, b := w.consumer("g"), w.consumer("g")
		a.version, b.version = 3, 3 // without the round for an id
		a.rebalance, b.rebalance = 5*time.Minute, 5*time.Minute
		ca, _ := a.join(), b.join()
		w.pass(c3s)
		a.joined(ca) // b is dead: it does not hear the answer
		a.sync(nil)
		for range 12 {
			w.pass(5 * time.Second)
			_ = a.heartbeat()
		}
		return len(w.group("g").Members) == 2
	},
	"static-join-without-rebalance": func(w *world) bool {
		a, b := w.static("g", "one"), w.static("g", "two")
		ca, cb := a.join(), b.join()
		w.pass(c3s)
		a.joined(ca)
		b.joined(cb)
		again := w.static("g", "two")
		call := again.join()
		if _, ok := again.joined(call); !ok {
			return false // it waits for a generation of its own
		}
		mine := again.sync(nil)
		a.sync(map[string]string{a.id: "p0", b.id: "p1"})
		got, code, ok := again.synced(mine)
		return ok && code == proto.None && got == ""
	},
	"commit-before-replicated": func(w *world) bool {
		a := w.consumer("g")
		w.form(a)
		w.held = true
		call := a.commit(0, 7)
		code, ok := w.committedCode(call)
		w.held = false
		w.flying = nil // the broker dies
		w.failover()
		at, _ := w.fetch("g", 0, false)
		return ok && code == proto.None && at != 7
	},
	"transaction-order": func(w *world) bool {
		a := w.consumer("g")
		w.form(a)
		a.stage(77, 0, 5)
		a.commit(0, 9)
		w.mark(0, 77, true)
		before, _ := w.fetch("g", 0, false)
		w.compact(0)
		w.failover()
		after, _ := w.fetch("g", 0, false)
		return before != after
	},
	"expire-staged": func(w *world) bool {
		w.ask(commitRequest("g", "", nil, -1, 0, 5))
		w.pass(7*day - time.Minute)
		old := w.consumer("g")
		old.stage(77, 0, 9)
		w.pass(time.Hour)
		w.mark(0, 77, true)
		at, _ := w.fetch("g", 0, false)
		return at != 9
	},
	"check-before-verify": func(w *world) bool {
		a, b := w.consumer("g"), w.consumer("g")
		w.form(a)
		call := a.stage(77, 0, 9)
		v := w.said[len(w.said)-1].(group.Verify)
		joining := b.join()
		w.pass(2 * time.Minute) // a is not heard of, b takes over
		r, _ := b.joined(joining)
		b.sync(map[string]string{r.MemberID: "all"})
		w.c.Verified(w.machine, v.Call, proto.None)
		w.settle()
		code, _ := w.committedCode(call)
		return code == proto.None
	},
	"load-keeps-first-read": func(w *world) bool {
		for _, at := range []int64{5, 9} {
			w.ask(commitRequest("g", "", nil, -1, 0, at))
		}
		w.failover()
		at, _ := w.fetch("g", 0, false)
		return at != 9
	},
}

func TestEveryDefectCanBeSeen(t *testing.T) {
	for _, d := range group.Defects() {
		t.Run(d.Name, func(t *testing.T) {
			story := defects[d.Name]
			require.NotNil(t, story)
			cfg := group.Config{OldValues: d.Name == "expire-timestamp-of-minus-one", Verify: d.Name == "check-before-verify"}
			if d.Name == "load-keeps-first-read" {
				cfg.LoadBytes = 1 // a batch at a time
			}
			require.False(t, story(newWorld(t, cfg)), "without the defect")
			d.Set(&cfg.Quirks)
			require.NotEqual(t, group.Quirks{}, cfg.Quirks)
			require.True(t, story(newWorld(t, cfg)), "with it")
		})
	}
	require.Len(t, defects, len(group.Defects()))
}
