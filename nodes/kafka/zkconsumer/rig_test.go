package zkconsumer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/log"
	"orrery/nodes/kafka/record"
	"orrery/nodes/task"
	"orrery/nodes/zab"
	"orrery/nodes/zab/client"
	zooconf "orrery/nodes/zab/config"
	zproto "orrery/nodes/zab/proto"
	"orrery/sim"
)

// rig is a ZooKeeper server, a topic t whose partitions get a message each 20 ms, and consumers on machines of their own.
type rig struct {
	t     testing.TB
	u     *sim.Universe
	by    map[string]*Consumer
	read  []reading // in the order in which it happened
	parts int
	slow  time.Duration // what each answer of a broker takes longer
}

// reading is a message, and who has read it.
type reading struct {
	who string
	at  time.Duration
	Message
}

const session = 2 * time.Second

func newRig(t testing.TB, partitions int) *rig {
	r := &rig{t: t, u: sim.New(sim.Config{Seed: 1, Net: sim.NetConfig{Delay: sim.Dist{Min: time.Millisecond}}}), by: map[string]*Consumer{}, parts: partitions}
	r.u.Add("z", func() nodes.Node {
		c, err := zooconf.Parse("zoo.cfg", []byte("tickTime=100\ndataDir=/data\nclientPort=2181\n"))
		require.NoError(t, err)
		c.PreAllocSize = 0
		return zab.New(zab.Config{Zoo: c, ID: 1})
	}).Start(0)
	r.zk("maker", func(s *client.Session) {
		for _, path := range []string{"/brokers", "/brokers/topics"} {
			require.Equal(t, zproto.CodeOK, s.Do(client.Create(path, nil, nil, zproto.ModePersistent)).Err)
		}
		require.Equal(t, zproto.CodeOK, s.Do(client.Create("/brokers/topics/t", r.topic(partitions), nil, zproto.ModePersistent)).Err)
	})
	return r
}

// topic is the bytes of /brokers/topics/t.
func (r *rig) topic(partitions int) []byte {
	ps := map[string][]int{}
	for p := range partitions {
		ps[fmt.Sprint(p)] = []int{1}
	}
	b, err := json.Marshal(map[string]any{"version": 1, "partitions": ps})
	require.NoError(r.t, err)
	return b
}

func zkConfig() client.Config {
	return client.Config{Servers: []nodes.Addr{{ID: "z", Port: 2181}}, Timeout: session, Stream: true}
}

// zk runs something in a session of its own, and waits for it.
func (r *rig) zk(name string, f func(s *client.Session)) {
	r.t.Helper()
	done := false
	r.u.Add(nodes.ID(name), func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			s := client.OpenSession(t, zkConfig())
			f(s)
			s.Close()
			done = true
		})
	}).Start(0)
	require.True(r.t, r.u.RunUntil(func() bool { return done }, r.u.Now()+time.Minute), "%v", r.u.Violation())
}

// start starts a consumer, which begins anew at each start of its machine.
func (r *rig) start(name string, change func(*Config)) {
	cfg := Config{Group: "g", ID: name, Topics: []string{"t"}, ZooKeeper: zkConfig(), Backoff: 300 * time.Millisecond, AutoCommit: 500 * time.Millisecond, Reset: Smallest,
		Handle: func(m Message) { r.read = append(r.read, reading{name, r.u.Now(), m}) }}
	if change != nil {
		change(&cfg)
	}
	r.u.Add(nodes.ID(name), func() nodes.Node {
		r.by[name] = New(cfg, brokers{r})
		return task.New(nodes.JSONCodec(), r.by[name].Run)
	}).Start(0)
}

func (r *rig) pass(d time.Duration) {
	r.t.Helper()
	r.u.Run(r.u.Now() + d)
	require.Nil(r.t, r.u.Violation())
}

// reads are the partitions that a consumer reads.
func (r *rig) reads(name string) (out []int32) {
	for _, x := range r.by[name].Inspect().Claims {
		if x.Reading {
			out = append(out, x.Partition)
		}
	}
	return out
}

// twice is how many messages were read more than once since an instant.
func (r *rig) twice(since time.Duration) int {
	seen, n := map[string]bool{}, 0
	for _, m := range r.read {
		k := fmt.Sprint(m.TopicPartition, m.Offset)
		if seen[k] && m.at >= since {
			n++
		}
		seen[k] = true
	}
	return n
}

// complete checks that of each partition all messages up to the last one read were read.
func (r *rig) complete() {
	r.t.Helper()
	by := map[log.TopicPartition][]int64{}
	for _, m := range r.read {
		by[m.TopicPartition] = append(by[m.TopicPartition], m.Offset)
	}
	require.Len(r.t, by, r.parts)
	for tp, offsets := range by {
		slices.Sort(offsets)
		offsets = slices.Compact(offsets)
		require.EqualValues(r.t, len(offsets)-1, offsets[len(offsets)-1], "%v has a gap", tp)
	}
}

// owners are the znodes that say who owns which partition.
func (r *rig) owners(name string) (out []string) {
	r.zk(name, func(s *client.Session) {
		for p := range r.parts {
			d := s.Do(client.Get(fmt.Sprintf("/consumers/g/owners/t/%d", p), false))
			if d.Err == zproto.CodeOK {
				out = append(out, string(d.Response.(*zproto.GetDataResponse).Data))
			} else {
				out = append(out, "")
			}
		}
	})
	return out
}

// stored is how far the group has read a partition, by ZooKeeper.
func (r *rig) stored(name string, p int) (out string) {
	r.zk(name, func(s *client.Session) {
		if d := s.Do(client.Get(fmt.Sprintf("/consumers/g/offsets/t/%d", p), false)); d.Err == zproto.CodeOK {
			out = string(d.Response.(*zproto.GetDataResponse).Data)
		}
	})
	return out
}

// watchOffset counts how often the stored offset of a partition goes back.
func (r *rig) watchOffset(p int) *int {
	back, last := 0, int64(-1)
	r.u.Add(nodes.ID(fmt.Sprint("observer", p)), func() nodes.Node {
		return task.New(nodes.JSONCodec(), func(t *task.T) {
			s := client.OpenSession(t, zkConfig())
			for {
				s.Sleep(5 * time.Millisecond)
				d := s.Do(client.Get(fmt.Sprintf("/consumers/g/offsets/t/%d", p), false))
				if d.Err != zproto.CodeOK {
					continue
				}
				n, err := strconv.ParseInt(string(d.Response.(*zproto.GetDataResponse).Data), 10, 64)
				require.NoError(r.t, err)
				if n < last {
					back++
				}
				last = n
			}
		})
	}).Start(0)
	return &back
}

// reached tells whether a mark was.
func (r *rig) reached(name string) bool {
	return slices.ContainsFunc(r.u.Marks(), func(m sim.Mark) bool { return m.Name == name && m.Held > 0 })
}

// deafen has a machine hear nothing of ZooKeeper for a while; the brokers it still reaches.
func (r *rig) deafen(id string, d time.Duration) {
	a := r.u.DisturbLinks(fmt.Sprintf("cut(z -> %s)", id), [][2]nodes.ID{{"z", nodes.ID(id)}}, sim.LinkFault{Cut: true})
	r.u.After(d, "heal", a.End)
}

// brokers have a message each 20 ms in each partition, whose value is its offset.
type brokers struct{ r *rig }

func (b brokers) Ask(t *task.T, r kmsg.Request) (kmsg.Response, error) {
	t.Sleep(2*time.Millisecond + b.r.slow)
	switch r := r.(type) {
	case *kmsg.ListOffsetsRequest:
		resp := kmsg.NewPtrListOffsetsResponse()
		rt, rp := kmsg.NewListOffsetsResponseTopic(), kmsg.NewListOffsetsResponseTopicPartition()
		if rp.Offset = 0; r.Topics[0].Partitions[0].Timestamp == -1 {
			rp.Offset = b.end()
		}
		rt.Partitions = append(rt.Partitions, rp)
		resp.Topics = append(resp.Topics, rt)
		return resp, nil
	case *kmsg.FetchRequest:
		from := r.Topics[0].Partitions[0].FetchOffset
		if b.end() <= from {
			t.Sleep(time.Duration(r.MaxWaitMillis) * time.Millisecond)
		}
		resp := kmsg.NewPtrFetchResponse()
		rt, rp := kmsg.NewFetchResponseTopic(), kmsg.NewFetchResponseTopicPartition()
		if from > b.end() {
			rp.ErrorCode = int16(record.OffsetOutOfRange)
		}
		rp.RecordBatches = b.batch(from)
		rt.Partitions = append(rt.Partitions, rp)
		resp.Topics = append(resp.Topics, rt)
		return resp, nil
	}
	return nil, errors.New("the brokers do not know that")
}

func (b brokers) end() int64 { return int64(b.r.u.Now() / (20 * time.Millisecond)) }

func (b brokers) batch(from int64) []byte {
	var w record.Builder
	w.Reset(record.Fields{BaseOffset: from})
	for o := from; o < min(from+10, b.end()); o++ {
		w.Add(o, nil, fmt.Append(nil, o))
	}
	if w.Len() == 0 {
		return nil
	}
	return w.Batch()
}
