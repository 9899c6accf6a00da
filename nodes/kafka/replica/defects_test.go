package replica_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/record"
	"orrery/nodes/kafka/replica"
)

// hurts says for each defect what a small test sees of it: "" for nothing. Where it is nil, random schedules find the defect.
var hurts = map[string]func(t *testing.T, q replica.Quirks) string{
	"truncate-to-hw": nil, "kip101-lookup": nil, "no-leso": nil, "epoch-not-cached-at-election": nil, "truncation-unfenced": nil,
	"hw-before-truncation": nil, "no-maximal-isr": nil, "unconditional-isr": nil, "ack-before-replicated": nil, "never-truncates": nil,
	"expand-without-hw": nil, "hw-on-leader-only": nil, "hw-checkpoint-forgotten": nil,

	"skip-truncation-same-leader": sameLeader,
	"fetch-unfenced":              lateAnswer,
	"hw-unfenced":                 foreignFetch,
	"shrink-while-in-flight":      twoInFlight,
	"expand-unfenced":             foreignJoin,
	"session-forgets-epoch":       sessionForgets,
	"full-truncation-keeps-hw":    keepsHW,
	"isr-change-stuck":            stuck,
	"no-hw-after-shrink":          noHWAfterShrink,
	"no-broker-epoch-check":       rejoinsEmpty,
	"double-read-replica-state":   doubleRead,
	"ineligible-joins":            deadJoins,
	"hw-below-min-isr":            hwBelowMin,
	"halt-on-unclean":             halts,
	"no-zkversion-refresh":        staleVersion,
	"broker-epoch-ignored": func(t *testing.T, q replica.Quirks) string {
		w := three(t, replica.Config{Quirks: q}, 1)
		return unless(w.b(2).stop(3, 1, w.b(2).epoch-1, 1, true), "STALE_BROKER_EPOCH")
	},
	"newer-broker-epoch-refused": func(t *testing.T, q replica.Quirks) string {
		w := three(t, replica.Config{Quirks: q}, 1)
		return unless(w.b(2).stop(3, 1, w.b(2).epoch+1, 1, false), "NONE")
	},
	"stop-without-epoch": func(t *testing.T, q replica.Quirks) string {
		w := three(t, replica.Config{Quirks: q}, 1)
		w.elect(1, 1, 2, 3)
		w.tell(1, 2, 3)
		w.run()
		return unless(w.b(2).stop(3, 1, w.b(2).epoch, 1, true), "FENCED_LEADER_EPOCH")
	},
	"duplicate-acked-early": func(t *testing.T, q replica.Quirks) string {
		w := three(t, replica.Config{Quirks: q}, 1)
		w.b(1).ask(produce(-1, 8, idempotent(0, "a")))
		return w.b(1).produced(w.b(1).ask(produce(-1, 8, idempotent(0, "a"))))
	},
	"spurious-offset": func(t *testing.T, q replica.Quirks) string {
		w := three(t, replica.Config{Quirks: q}, 1)
		w.b(1).produce(-1, "before")
		w.b(1).ask(produce(-1, 8, idempotent(0, "a")))
		c := w.b(1).ask(produce(-1, 8, idempotent(0, "a")))
		w.run()
		return unless(w.b(1).produced(c), "offset 1")
	},
	"no-min-isr-check": func(t *testing.T, q replica.Quirks) string {
		w := newWorld(t, 3, replica.Config{Quirks: q}, replica.TopicConfig{MinISR: 2})
		w.create(1)
		w.run()
		return unless(w.b(1).produced(w.b(1).produce(-1, "a")), "NOT_ENOUGH_REPLICAS")
	},
	"stale-list-offsets": func(t *testing.T, q replica.Quirks) string {
		return unless(staleLeader(t, q).b(2).list(5, -1, 0, -1), "OFFSET_NOT_AVAILABLE")
	},
	"preferred-out-of-isr": func(t *testing.T, q replica.Quirks) string {
		w := racks(t, q)
		w.cut[[2]int32{1, 2}] = true
		w.b(1).produce(1, "b")
		w.pass(60 * time.Second)
		return unless(w.b(1).fetchOne(inRack("b", 0)), "[0:a 1:b] hw 2 lso 2 start 0")
	},
	"preferred-fenced": func(t *testing.T, q replica.Quirks) string {
		w := racks(t, q)
		w.b(2).crash(false)
		return unless(w.b(1).fetchOne(inRack("b", 0)), "[0:a] hw 1 lso 1 start 0")
	},
	"lag-by-messages": func(t *testing.T, q replica.Quirks) string {
		w := three(t, replica.Config{Quirks: q}, 1)
		w.pass(14900 * time.Millisecond)
		w.held[[2]int32{2, 1}] = true // for a tenth of a second
		w.b(1).produce(1, "a")
		w.pass(200 * time.Millisecond)
		return unless(fmt.Sprint(w.states[tp].ISR), "[1 2 3]")
	},
}

func unless(got, want string) string {
	if got == want {
		return ""
	}
	return got + ", not " + want
}

// Each defect is seen to hurt, and what sees it sees nothing without.
func TestEachDefectHurts(t *testing.T) {
	names := map[string]bool{}
	for _, d := range replica.Defects() {
		names[d.Name] = true
		t.Run(d.Name, func(t *testing.T) {
			require.NotEmpty(t, d.Ticket)
			require.NotEmpty(t, d.Doc)
			f, ok := hurts[d.Name]
			require.True(t, ok, "nobody looks for it")
			q := quirks(t, d.Name)
			require.NotZero(t, q)
			if f == nil {
				require.NoError(t, found(t, replica.Quirks{}, 3))
				require.Error(t, found(t, q, 150))
				return
			}
			require.Empty(t, f(t, replica.Quirks{}))
			require.NotEmpty(t, f(t, q))
		})
	}
	for name := range hurts {
		require.True(t, names[name], name)
	}
}

// found is what the first of so many random schedules finds that finds anything. Without a defect they all pass
// (TestLongSchedulesHealAndServe).
func found(t *testing.T, q replica.Quirks, seeds uint64) error {
	for seed := range seeds {
		if _, err := seeded(t, q, seed, 300); err != nil {
			return err
		}
	}
	return nil
}

// sameLeader is the story same-leader.txt.
func sameLeader(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q, EpochRequests: true}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	w.cut[[2]int32{1, 2}] = true
	w.b(1).produce(1, "x")
	w.run()
	w.elect(2, 1, 2, 3)
	w.tell(2)
	w.b(1).crash(true)
	w.b(1).boot()
	clear(w.cut)
	w.tell(1)
	w.run()
	w.b(2).produce(1, "y")
	w.pass(time.Second)
	w.elect(1, 1, 2)
	w.tell(1, 2, 3)
	w.pass(3 * time.Second)
	return unless(w.b(3).dump(t, all), w.b(1).dump(t, all))
}

// lateAnswer lets the old leader's answer to a fetch arrive when the follower has another leader.
func lateAnswer(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q, EpochRequests: true}, 1)
	w.b(1).produce(-1, "a")
	w.pass(time.Second)
	w.held[[2]int32{1, 3}] = true
	w.cut[[2]int32{1, 2}] = true
	w.b(1).produce(1, "x")
	w.elect(2, 1, 2, 3)
	w.tell(2, 3)
	w.run()
	clear(w.held)
	w.run()
	w.b(2).produce(1, "y")
	w.pass(3 * time.Second)
	return unless(w.b(3).dump(t, all), w.b(2).dump(t, all))
}

// twoInFlight counts the proposals that nobody has answered.
func twoInFlight(t *testing.T, q replica.Quirks) string {
	n := 0
	for _, l := range lagging(t, q).mail {
		if l.alter != nil {
			n++
		}
	}
	return unless(fmt.Sprint(n), "1")
}

// fetchAs is a follower's fetch, as it may come late.
func (w *world) fetchAs(leader, follower int32, offset int64, leaderEpoch int32, brokerEpoch int64) {
	r := consume(offset, leaderEpoch, 12)
	r.ReplicaID = follower
	if brokerEpoch >= 0 {
		r.UnknownTags.Set(903, []byte{0, 0, 0, 0, 0, 0, byte(brokerEpoch >> 8), byte(brokerEpoch)})
	}
	w.b(leader).ask(r)
}

// foreign is a leader of epoch 2 with a record that no follower has, while the followers' fetches of that epoch are held.
func foreign(t *testing.T, q replica.Quirks, isr ...int32) *world {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.pass(time.Second)
	w.held[[2]int32{2, 1}], w.held[[2]int32{3, 1}] = true, true
	w.elect(1, isr...)
	w.tell(1)
	w.run()
	w.b(1).produce(1, "a")
	return w
}

func foreignFetch(t *testing.T, q replica.Quirks) string {
	w := foreign(t, q, 1, 2)
	w.fetchAs(1, 2, 1, 1, -1) // it has a record there, of epoch 1
	return unless(fmt.Sprint(w.lead1().HighWatermark), "0")
}

func foreignJoin(t *testing.T, q replica.Quirks) string {
	w := foreign(t, q, 1)
	w.fetchAs(1, 3, 1, 1, -1)
	w.run()
	return unless(fmt.Sprint(w.states[tp].ISR), "[1]")
}

func sessionForgets(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q}, 1)
	b := w.b(1)
	r, _ := b.sessionFetch(inSession(0, 0, from(0, 0, 1)))
	w.elect(1, 1, 2, 3)
	w.tell(1)
	w.run()
	_, text := b.sessionFetch(inSession(r.SessionID, 1))
	return unless(text, "FENCED_LEADER_EPOCH")
}

// keepsHW elects a follower right after it has begun its log anew.
func keepsHW(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.pass(time.Second)
	w.b(3).crash(false)
	w.elect(1, 1, 2)
	w.tell(1, 2)
	w.b(1).produce(-1, "a", "b")
	w.pass(time.Second)
	w.b(1).deleteRecords(2)
	w.pass(time.Second)
	w.b(3).boot()
	w.tell(3)
	w.held[[2]int32{1, 3}] = true
	for range 100 { // until its log begins where the leader's does
		if w.b(3).m.Log(tp).StartOffset() == 2 {
			break
		}
		delete(w.held, [2]int32{1, 3})
		for i, l := range w.mail {
			if l.to == 3 || l.from == 3 {
				w.deliver(i)
				break
			}
		}
		w.held[[2]int32{1, 3}] = true
	}
	w.elect(3, 3)
	w.b(3).ask(w.leaderAndISR(3))
	return unless(w.b(3).fetchOne(consume(2, -1, 11)), "[] hw 2 lso 2 start 2")
}

func stuck(t *testing.T, q replica.Quirks) string {
	w := lagging(t, q)
	for i, l := range w.mail {
		if l.alter != nil {
			w.mail = append(w.mail[:i:i], w.mail[i+1:]...)
			w.lose(l)
			break
		}
	}
	w.settleStorage()
	w.pass(time.Minute)
	return unless(fmt.Sprint(w.states[tp].ISR), "[1 2]")
}

func noHWAfterShrink(t *testing.T, q replica.Quirks) string {
	w := lagging(t, q)
	c := w.b(1).produce(-1, "a")
	w.run()
	w.settleStorage()
	return unless(w.b(1).produced(c), "offset 1")
}

// rejoinsEmpty lets broker 3 fetch at the end of the log, lose everything, and be proposed by the old fetch.
func rejoinsEmpty(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.elect(1, 1, 2)
	w.tell(1, 2, 3)
	w.held[[2]int32{1, 0}] = true
	w.b(1).produce(-1, "a")
	w.pass(2 * time.Second)
	w.b(3).crash(true)
	w.b(3).boot()
	w.settleStorage()
	if fmt.Sprint(w.states[tp].ISR) == "[1 2 3]" && w.b(3).dump(t, all) == "" {
		return "an empty replica is in the ISR"
	}
	return ""
}

// doubleRead is KAFKA-15221: decided by a fetch of before the restart, sent with the epoch of one behind it.
func doubleRead(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.elect(1, 1, 2)
	w.tell(1, 2)
	w.pass(3 * time.Second)
	w.b(1).produce(-1, "a")
	w.run()
	w.held[[2]int32{1, 0}] = true
	w.fetchAs(1, 3, 1, 2, w.b(3).epoch)
	w.b(3).crash(true)
	w.b(3).boot()
	w.fetchAs(1, 3, 0, 2, w.b(3).epoch)
	w.pass(time.Millisecond)
	w.settleStorage()
	return unless(fmt.Sprint(w.states[tp].ISR), "[1 2]")
}

// deadJoins lets a fetch arrive whose sender is gone. The storage does not look at that here, as ZooKeeper does not.
func deadJoins(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q}, 1)
	w.elect(1, 1, 2)
	w.tell(1, 2)
	w.pass(3 * time.Second)
	w.b(3).crash(false)
	w.fetchAs(1, 3, 0, 2, -1)
	return unless(fmt.Sprint(w.lead1().Pending), "[]")
}

// hwBelowMin exposes a record that one disk has, and loses it.
func hwBelowMin(t *testing.T, q replica.Quirks) string {
	w := newWorld(t, 3, replica.Config{Quirks: q}, replica.TopicConfig{MinISR: 2})
	w.create(1)
	w.run()
	w.b(1).produce(1, "a")
	if w.b(1).fetchOne(consume(0, -1, 11)) != "[0:a] hw 1 lso 1 start 0" {
		return ""
	}
	w.b(1).crash(true)
	w.b(1).boot()
	return unless(w.b(1).dump(t, all), "0:a@1")
}

// halts cuts the leader's log by a loss of power, and lets a follower that has more find that out.
func halts(t *testing.T, q replica.Quirks) string {
	w := three(t, replica.Config{Quirks: q, EpochRequests: true}, 1)
	w.b(1).ask(produce(-1, 8, batch(record.Fields{}, "a", "b")))
	w.pass(time.Second)
	w.b(1).crash(true)
	w.b(1).boot()
	w.elect(1, 1)
	w.tell(1)
	w.run()
	w.fetchLost(2)
	w.pass(5 * time.Second)
	if err := w.b(2).halted; err != nil {
		return err.Error()
	}
	return unless(w.b(2).dump(t, all), "")
}

// fetchLost makes a follower hear of its leader's new epoch while it cannot ask where to cut: its leader's answer says it need not.
func (w *world) fetchLost(id int32) {
	w.held[[2]int32{id, 1}] = true
	w.tell(id)
	w.pass(2 * time.Second)
	for i, l := range w.mail {
		if l.from == id && l.req != nil && l.req.Key() == 23 {
			w.mail = append(w.mail[:i:i], w.mail[i+1:]...)
			w.post(&letter{from: 1, to: id, call: l.call, inc: l.inc, resp: epochEnd(1, 2)})
			break
		}
	}
	clear(w.held)
}

func staleVersion(t *testing.T, q replica.Quirks) string {
	w := lagging(t, q)
	w.states[tp].Version++
	w.settleStorage()
	w.pass(5 * time.Minute)
	return unless(fmt.Sprint(w.states[tp].ISR), "[1 2]")
}
