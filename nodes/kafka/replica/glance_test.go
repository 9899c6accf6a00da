package replica

import (
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/replica/isr"
)

// What a glance shows is what the view shows, and it costs no memory.
func TestAGlanceShowsWhatTheViewShows(t *testing.T) {
	m := New(Config{Broker: 1})
	p := &partition{tp: log.TopicPartition{Topic: "orders", Partition: 0}, role: leading, leader: 1, epoch: 3}
	m.parts = []*partition{p, {tp: log.TopicPartition{Topic: "orders", Partition: 1}, leader: -1, epoch: -1}}
	p.lead.ISR, p.lead.Pending, p.lead.Version = []int32{1, 2}, []int32{1, 2, 3}, 7
	var seen []Glance
	m.Glances(func(g Glance) {
		if g.Leading {
			require.Same(t, &p.lead, g.Lead)
			require.Equal(t, 1, g.Rules.MinISR)
		}
		g.Lead, g.Rules = nil, isr.Rules{}
		seen = append(seen, g)
	})
	require.Equal(t, []Glance{
		{Partition: p.tp, Leading: true, Leader: 1, Epoch: 3, ISR: []int32{1, 2}, Pending: []int32{1, 2, 3}, Version: 7},
		{Partition: log.TopicPartition{Topic: "orders", Partition: 1}, Leader: -1, Epoch: -1},
	}, seen)
	n := 0
	see := func(Glance) { n++ }
	require.Zero(t, testing.AllocsPerRun(10, func() { m.Glances(see) }))
}
