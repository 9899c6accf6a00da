package scenarios

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/explore/trial"
	"orrery/nodes/zab"
)

// A server that loses its leader answers what it has applied in the handler in which it ceases to serve: the ghost has looked before. After that it would
// never see that state, if nobody else delivers the transaction.
func TestTheGhostLooksAtAServerWhenItDelivers(t *testing.T) {
	for kind, seen := range map[zab.MilestoneKind]bool{zab.Delivered: true, zab.Proposed: false} {
		shape, looked := kafkaLogShape(), false
		shape.atEnd = func(l *kafkaLoad) error {
			g := l.k.watch
			s := l.k.server(l.k.ensemble[0])
			require.NotNil(t, s)
			p := g.parts[0]
			stored := p.state
			g.zxid, p.mzxid, p.state.ISR = s.Zxid()-1, 0, nil
			g.delivered(s, zab.Milestone{Kind: kind})
			require.Equal(t, seen, len(p.state.ISR) > 0, "%v", kind)
			if looked = true; seen {
				require.Equal(t, stored, p.state)
			}
			return nil
		}
		_, err := kafkaScenario(shape).Run(trial.Options{Seed: 1, Nemesis: []string{}})
		require.NoError(t, err)
		require.True(t, looked)
	}
}
