package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/explore/trial"
)

// A universe ends while a record is on its way, or a transaction under way, that others have read: that somebody sent it the history knows.
func TestWhatHasNoAnswerWhenAUniverseEndsIsOfItsHistory(t *testing.T) {
	for name, open := range map[string]bool{"under way": true, "of nobody": false} {
		t.Run(name, func(t *testing.T) {
			shape, judged := kafkaLogShape(), false
			shape.atEnd = func(l *kafkaLoad) error {
				if judged {
					return nil
				}
				judged = true
				c, part := l.clients[0], tpName(l.partitions()[0])
				at := int64(len(l.k.watch.named(part).committed))
				if open {
					c.open = []kafka.Op{{F: kafka.Work, Invoke: l.tick(), Mops: []kafka.Mop{kafka.Send(part, 7_000, kafka.NoOffset)}}}
				}
				l.process += 2
				l.history = append(l.history,
					kafka.Op{Process: l.process, F: kafka.Assign, Status: checker.OK, Keys: []string{part}, Invoke: l.tick(), Return: l.tick()},
					kafka.Op{Process: l.process, F: kafka.Work, Status: checker.OK, Invoke: l.tick(), Return: l.tick(),
						Mops: []kafka.Mop{{Partition: part, Records: []kafka.Record{{Offset: at, Value: 7_000}}}}})
				err := l.judge()
				if open {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, "nobody sent")
				}
				return nil
			}
			_, err := kafkaScenario(shape).Run(trial.Options{Seed: 1, Nemesis: []string{}})
			require.NoError(t, err)
			require.True(t, judged)
		})
	}
}
