package broker

import (
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"
)

// standing is an UpdateMetadata that tells of brokers that live, each in the rack named.
func standing(racks map[int32]string) *kmsg.UpdateMetadataRequest {
	r := kmsg.NewPtrUpdateMetadataRequest()
	r.Version = 6
	for _, id := range []int32{1, 2, 3} {
		if rack, ok := racks[id]; ok {
			l := kmsg.NewUpdateMetadataRequestLiveBroker()
			l.ID, l.Rack = id, &rack
			r.LiveBrokers = append(r.LiveBrokers, l)
		}
	}
	return r
}

func TestWhoIsGoneStandsWhereItStoodAndIsNotAlive(t *testing.T) {
	b := &Broker{cache: newCache()}
	view := clusterView{b}
	learn := func(racks map[int32]string) { b.cache.live(standing(racks)) }
	learn(map[int32]string{1: "a", 2: "b"})
	require.Equal(t, "b", view.Rack(2))
	require.Empty(t, view.Rack(3), "nobody has told of it")
	learn(map[int32]string{1: "a"})
	require.Equal(t, "b", view.Rack(2))
	require.False(t, view.Alive(2))
	learn(map[int32]string{1: "a", 2: "c"})
	require.Equal(t, "c", view.Rack(2), "it was moved")
}
