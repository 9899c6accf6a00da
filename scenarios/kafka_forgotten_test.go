package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/checker"
	"orrery/checker/kafka"
	"orrery/explore/trial"
)

// A producer is told the offset of another one's record, whose id, epoch and number it has: this may be where the journal of transactions has lost who they were.
func TestAnEpochIsGivenAgainOnlyWhereTheJournalHasLostIt(t *testing.T) {
	for name, lossy := range map[string]bool{"lost": true, "whole": false} {
		t.Run(name, func(t *testing.T) {
			shape, judged := kafkaLogShape(), false
			shape.atEnd = func(l *kafkaLoad) error {
				part := tpName(l.partitions()[0])
				if judged || len(l.k.watch.named(part).committed) == 0 {
					return nil
				}
				judged = true
				l.k.watch.parts[len(l.k.watch.parts)-1].lossy = lossy
				l.process++
				o := kafka.Op{Process: l.process, F: kafka.Work, Status: checker.OK, Invoke: l.tick(), Return: l.tick(),
					Mops: []kafka.Mop{kafka.Send(part, 7_000, 0), kafka.Send(part, 7_001, kafka.NoOffset)}}
				l.transacted = append(l.transacted, o.Invoke)
				l.history = append(l.history, o)
				if err := l.judge(); lossy {
					require.NoError(t, err)
				} else {
					require.ErrorContains(t, err, "7000")
				}
				return nil
			}
			for seed := uint64(1); seed < 20 && !judged; seed++ {
				_, err := kafkaScenario(shape).Run(trial.Options{Seed: seed, Nemesis: []string{}})
				if lossy || !judged {
					require.NoError(t, err)
				}
			}
			require.True(t, judged)
		})
	}
}
