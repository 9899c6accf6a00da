package client_test

import (
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/kafka/client"
	"orrery/nodes/task"
)

func TestBehindTheLargestSequenceNumberComesZero(t *testing.T) {
	w := newToys(t, 1, 1)
	var numbers []int32
	w.with(client.Quirks{}, func(tt *task.T, c *client.Cluster) {
		p := client.NewProducer(c, client.ProducerConfig{BatchSize: 1, DeliveryTimeout: 5 * time.Second, FirstSequence: math.MaxInt32 - 1,
			Numbered: func(tp client.TopicPartition, _ int64, _ int16, sequence, records int32) {
				require.Equal(t, p0, tp)
				require.EqualValues(t, 1, records)
				numbers = append(numbers, sequence)
			}})
		for _, r := range send(tt, p, 4) {
			require.Equal(t, client.Acknowledged, r.Outcome)
		}
	})
	require.Equal(t, []int32{math.MaxInt32 - 1, math.MaxInt32, 0, 1}, numbers)
}
