package controller_test

import (
	"testing"

	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/zk"

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

func TestHunt(t *testing.T) {
	hunt := func(name string, q controller.Quirks, z zk.Quirks) {
		for seed := range uint64(300) {
			r := newRig(t, seed, 4)
			r.quirks, r.zquirks = q, z
			if why := r.chaos(); why != "" {
				if len(why) > 200 {
					why = why[:200]
				}
				t.Logf("%s: seed %d: %s", name, seed, why)
				return
			}
		}
		t.Logf("%s: not found", name)
	}
	for _, d := range controller.Defects() {
		var q controller.Quirks
		d.Set(&q)
		hunt(d.Name, q, zk.Quirks{})
	}
	for _, d := range zk.Defects() {
		var q zk.Quirks
		d.Set(&q)
		hunt(d.Name, controller.Quirks{}, q)
	}
}
