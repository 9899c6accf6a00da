package controller_test

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
)

func createTopic(name string, partitions int32, factor int16) *kmsg.CreateTopicsRequest {
	r := kmsg.NewPtrCreateTopicsRequest()
	r.Version, r.TimeoutMillis = 5, 20000
	t := kmsg.NewCreateTopicsRequestTopic()
	t.Topic, t.NumPartitions, t.ReplicationFactor = name, partitions, factor
	r.Topics = append(r.Topics, t)
	return r
}

func TestFirst(t *testing.T) {
	r := newRig(t, 1, 3)
	r.until("settled", func() bool { return r.settled(3) })
	resp := r.ask(createTopic("orders", 2, 3)).(*kmsg.CreateTopicsResponse)
	require.Zero(t, resp.Topics[0].ErrorCode)
	p, _ := r.partition("orders-0")
	t.Logf("%+v", p)
	r.kill(r.ids[0])
	r.until("settled", func() bool { return r.settled(2) })
	t.Logf("%+v", r.view())
	r.u.Machine(r.ids[0]).Start(0)
	r.until("settled", func() bool { return r.settled(3) })
	t.Logf("%+v", r.view())
	require.Nil(t, r.u.Violation())
}
