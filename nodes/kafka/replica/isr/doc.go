// Package isr is what a Kafka partition's replicas decide: how far the high watermark goes, who is in the ISR, where a
// follower cuts its log, and who is fenced. It holds no log, sends nothing and reads no clock, so that the broker and an exhaustive search
// of small worlds run the same rules.
//
// # The leader
//
// A [Leader] is made anew for each leader epoch. A follower's fetch from an offset is its word that it has all below; [Leader.Fetched]
// notes it, [Leader.HighWatermark] counts, [Leader.MayJoin] and [Leader.Lagging] say who belongs into the ISR. A change of
// the ISR is proposed, and committed only by the controller's storage; until its outcome is known the high watermark waits for both the old
// members and the new ones: the maximal ISR (KIP-497).
//
// # The follower
//
// A log that has seen other leaders is cut back to where it agrees with the present one: by the leader's answer to what
// the follower's last epoch is there ([AfterAnswer], KIP-101 and KIP-279), or by what the answer to a fetch says ([Diverging] on the leader,
// [AfterDivergence] on the follower; KAFKA-10554).
//
// # Invariants
//
//   - A high watermark that a leader computes never goes down in its epoch, and is never above the log end of a
//     member of the maximal ISR.
//   - Below min.insync.replicas it does not move (KAFKA-15583): otherwise a record can be exposed that one disk has. That is a choice:
//     before 3.7 Kafka let it move.
//   - A follower that has not fetched in the leader's epoch, or ends before the high watermark or before the epoch began, does not join
//     the ISR.
package isr
