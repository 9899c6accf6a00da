package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"
)

// A follower that begins anew appends nothing: it may be told of a next leader epoch, in which nobody leads yet, while that waits for its disk.
func TestAFollowerThatBeginsAnewHasAppendedNothing(t *testing.T) {
	for name, c := range map[string]struct {
		appended int64
		want     string
	}{
		"nothing is appended": {0, ""},
		"a record is":         {1, kafkaFollows},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, bite(t, kafkaLogShape(), func(b *bitten) {
				now := b.glance(b.follower)
				delete(b.p.reigns, now.Epoch)
				b.follower.copy.start(b.follower.copy.end - c.appended)
				b.g.follows(b.p, b.follower, now, 0)
			}))
		})
	}
}

// Each replica deletes by its own clock: what the leader of an epoch had deleted when it was elected nobody needs to have right any more, as if it
// had deleted it while it led.
func TestWhatALeaderHadDeletedBeforeItLedIsDeleted(t *testing.T) {
	for name, c := range map[string]struct {
		kept int64 // of what is committed, by the leader
		want string
	}{
		"all of it":                       {0, ""},
		"all but what the follower lacks": {1, kafkaStrongISR},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, bite(t, kafkaLogShape(), func(b *bitten) {
				at := int64(len(b.p.committed)) - 1
				b.p.committed[at].hash ^= 1
				b.follower.match, b.leader.match = 0, at+1
				b.leader.leading, b.leader.start = false, at+1-c.kept
				b.g.told(b.p, b.leader, b.glance(b.leader), b.machine(b.leader))
				b.p.compare(b.follower)
				b.g.inISR(b.p, b.follower)
			}))
		})
	}
}

// The last leader committed a record in the handler in which it died, and nobody has looked at the others' logs since: who is elected next is held
// to what it has of it then.
func TestWhoIsElectedIsHeldToWhatADyingLeaderCommitted(t *testing.T) {
	for name, c := range map[string]struct {
		other bool // than what was committed
		want  string
	}{
		"it has the record":     {false, ""},
		"it has another record": {true, kafkaStrongISR},
	} {
		t.Run(name, func(t *testing.T) {
			require.Equal(t, c.want, bite(t, kafkaLogShape(), func(b *bitten) {
				if b.leader.match--; c.other {
					b.p.committed[b.leader.match].hash ^= 1
				}
				b.leader.leading = false
				b.g.told(b.p, b.leader, b.glance(b.leader), b.machine(b.leader))
			}))
		})
	}
}
