package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
)

func TestAConsumerReadsBehindWhatItHasReadOrIsTold(t *testing.T) {
	of := func(epochs ...int32) *kafkaReign {
		l := &kafkaReign{}
		for i, e := range epochs {
			l.entries = append(l.entries, kafkaEntry{epoch: e, present: true, value: int64(10*int(e) + i)})
		}
		return l
	}
	p := &kafkaPart{tp: log.TopicPartition{Topic: "orders"}, reigns: kafkaReigns{0: of(0, 0, 0, 0), 2: of(0, 0, 2, 2, 2), 3: of(0, 0, 2, 3), 4: of(0, 4, 4)}}
	p.reigns[4].unsure = true
	for _, c := range []struct {
		what        string
		rec, before kafkaGiven
		why         string
		unknown     bool
	}{
		{"of one leader", kafkaGiven{2, 0}, kafkaGiven{1, 0}, "", false},
		{"of the next leader, who had it", kafkaGiven{2, 2}, kafkaGiven{1, 0}, "", false},
		{"with others between that are hidden", kafkaGiven{3, 3}, kafkaGiven{1, 0}, "", false},
		{"of a leader that had lost it", kafkaGiven{3, 2}, kafkaGiven{2, 0},
			"reads 23 (epoch 2) at 3 of orders-0, and has read a record of epoch 0 at 2, where that log has 22 (epoch 2)", false},
		{"of a leader whose predecessor had lost it", kafkaGiven{3, 3}, kafkaGiven{2, 0},
			"reads 33 (epoch 3) at 3 of orders-0, and has read a record of epoch 0 at 2, where that log has 22 (epoch 2)", false},
		{"what a deposed leader has behind it", kafkaGiven{3, 0}, kafkaGiven{2, 2},
			"reads 3 (epoch 0) at 3 of orders-0, and has read a record of epoch 2 at 2, where that log has 2 (epoch 0)", false},
		{"from the beginning again", kafkaGiven{0, 0}, kafkaGiven{3, 0}, "reads offset 0 of orders-0, and was at 4", false},
		{"the same once more", kafkaGiven{3, 0}, kafkaGiven{3, 0}, "reads offset 3 of orders-0, and was at 4", false},
		{"of a leader of whom nobody knows what it had", kafkaGiven{2, 4}, kafkaGiven{1, 0}, "", true},
		{"of a leader that nobody has seen", kafkaGiven{2, 7}, kafkaGiven{1, 0}, "", true},
		{"that its leader has not", kafkaGiven{9, 2}, kafkaGiven{1, 0}, "", true},
	} {
		why, known := p.behind(c.rec, c.before)
		require.Equal(t, c.why, why, c.what)
		require.Equal(t, !c.unknown, known, c.what)
	}
	p.reigns[0].start, p.reigns[3].start = 4, 3
	for _, c := range []struct {
		what        string
		rec, before kafkaGiven
		unknown     bool
	}{
		{"its leader had deleted what it had there", kafkaGiven{3, 3}, kafkaGiven{2, 0}, true},
		{"the leader of a later epoch had", kafkaGiven{3, 2}, kafkaGiven{2, 0}, true},
		{"it had not yet deleted so much", kafkaGiven{4, 2}, kafkaGiven{3, 0}, false},
		{"only a leader of before had, which knew nothing of what came", kafkaGiven{2, 2}, kafkaGiven{1, 2}, true},
	} {
		why, known := p.behind(c.rec, c.before)
		require.Equal(t, !c.unknown, known, c.what)
		require.Equal(t, c.unknown, why == "", c.what)
	}
	p.shown = 4
	_, known := p.behind(kafkaGiven{0, 0}, kafkaGiven{2, 0})
	require.False(t, known, "a leader had deleted what was at the position, and the next one had not")
	why, _ := p.behind(kafkaGiven{0, 0}, kafkaGiven{3, 0})
	require.NotEmpty(t, why, "the position was not")
	p.muddled = true
	_, known = p.behind(kafkaGiven{3, 2}, kafkaGiven{2, 0})
	require.False(t, known, "two records may have one offset and epoch")
}
