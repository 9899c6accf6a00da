package kafka

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/client"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/record"
	"orrery/nodes/storm"
	zk "orrery/nodes/zab/client"
	zkproto "orrery/nodes/zab/proto"
)

// Config says which topic is read, and where offsets are kept. Bootstrap, Topic and ID are needed.
type Config struct {
	Bootstrap []nodes.Addr
	Topic     string
	ID        string        // names the reader: its offsets are below /storm-kafka/ID
	Patience  time.Duration // with one request; 0 means 200 ms
	FetchMax  int32         // bytes of one fetch; 0 means 64 KiB
	// Committed is told of every commit, for those who look from outside.
	Committed func(partition int32, offset int64)
}

// Source returns what makes the source of a task. Its spout must be declared Blocking.
func Source(cfg Config) func() storm.Source {
	cfg.Patience = cmp.Or(cfg.Patience, 200*time.Millisecond)
	cfg.FetchMax = cmp.Or(cfg.FetchMax, 64<<10)
	return func() storm.Source {
		return &source{cfg: cfg, leaders: map[int32]nodes.Addr{}}
	}
}

// source is the reader of one task.
type source struct {
	cfg         Config
	leaders     map[int32]nodes.Addr // by partition: those that are known
	bootstrap   int                  // which to ask next
	correlation int32
	reader      record.Reader
	made        bool // the nodes that offsets stand below
}

// call makes one request; nil if there was no answer that could be read.
func (s *source) call(c *storm.Context, to nodes.Addr, r kmsg.Request) kmsg.Response {
	s.correlation++
	r.SetVersion(proto.Max(r.Key(), false))
	frame := proto.AppendRequest(nil, proto.Header{Key: r.Key(), Version: r.GetVersion(), Correlation: s.correlation, ClientID: "storm-" + s.cfg.ID}, r)
	answer := c.Call(to, frame, s.cfg.Patience)
	if answer == nil {
		return nil
	}
	if n, resp, err := proto.ReadResponse(answer, r); err == nil && n == s.correlation {
		return resp
	}
	return nil
}

// refresh asks one of the bootstrap brokers who leads.
func (s *source) refresh(c *storm.Context) {
	clear(s.leaders)
	r := kmsg.NewPtrMetadataRequest()
	t := kmsg.NewMetadataRequestTopic()
	t.Topic = kmsg.StringPtr(s.cfg.Topic)
	r.Topics = append(r.Topics, t)
	s.bootstrap++
	resp, ok := s.call(c, s.cfg.Bootstrap[s.bootstrap%len(s.cfg.Bootstrap)], r).(*kmsg.MetadataResponse)
	if !ok {
		return
	}
	addrs := map[int32]nodes.Addr{}
	for _, b := range resp.Brokers {
		addrs[b.NodeID] = client.Addr(b.Host, b.Port)
	}
	for _, t := range resp.Topics {
		for _, p := range t.Partitions {
			if a, known := addrs[p.Leader]; known && p.ErrorCode == int16(proto.None) {
				s.leaders[p.Partition] = a
			}
		}
	}
}

// Read implements storm.Source.
func (s *source) Read(c *storm.Context, partition int32, offset int64, most int) (list []storm.Record, ok bool) {
	leader, known := s.leaders[partition]
	if !known {
		s.refresh(c)
		if leader, known = s.leaders[partition]; !known {
			return nil, false
		}
	}
	resp, answered := s.call(c, leader, s.fetch(partition, offset)).(*kmsg.FetchResponse)
	if !answered || resp.ErrorCode != 0 || len(resp.Topics) != 1 || len(resp.Topics[0].Partitions) != 1 {
		delete(s.leaders, partition)
		return nil, false
	}
	p := &resp.Topics[0].Partitions[0]
	if proto.Code(p.ErrorCode) != proto.None {
		delete(s.leaders, partition)
		return nil, false
	}
	return s.unpack(p.RecordBatches, offset, most)
}

func (s *source) fetch(partition int32, offset int64) *kmsg.FetchRequest {
	r := kmsg.NewPtrFetchRequest()
	r.ReplicaID, r.MaxWaitMillis, r.MinBytes, r.MaxBytes, r.SessionEpoch = -1, 0, 0, s.cfg.FetchMax, -1
	t, p := kmsg.NewFetchRequestTopic(), kmsg.NewFetchRequestTopicPartition()
	p.Partition, p.FetchOffset, p.PartitionMaxBytes, p.CurrentLeaderEpoch = partition, offset, s.cfg.FetchMax, -1
	t.Topic, t.Partitions = s.cfg.Topic, append(t.Partitions, p)
	r.Topics = append(r.Topics, t)
	return r
}

// unpack takes the records from an offset on out of batches, the last of which may be cut off.
func (s *source) unpack(data []byte, offset int64, most int) (list []storm.Record, ok bool) {
	for len(data) > 0 && len(list) < most {
		b, rest, err := record.Next(data)
		if errors.Is(err, record.ErrShort) {
			break
		}
		if err != nil || b.Check() != nil {
			return list, false
		}
		data = rest
		if b.Control() {
			continue
		}
		if s.reader.Reset(b) != nil {
			return list, false
		}
		for r := (record.Record{}); len(list) < most && s.reader.Next(&r); {
			if r.Offset >= offset {
				list = append(list, storm.Record{Offset: r.Offset, Value: string(r.Value)})
			}
		}
		if s.reader.Err() != nil {
			return list, false
		}
	}
	return list, true
}

// position is what an offset is kept as.
type position struct {
	Topic     string `json:"topic"`
	Partition int32  `json:"partition"`
	Offset    int64  `json:"offset"`
}

func (s *source) path(partition int32) string {
	return fmt.Sprintf("/storm-kafka/%s/partition_%d", s.cfg.ID, partition)
}

// Committed implements storm.Source. A partition of which nothing is kept is read from its start.
func (s *source) Committed(c *storm.Context, partition int32) (offset int64, ok bool) {
	d := c.ZooKeeper(zk.Get(s.path(partition), false), s.cfg.Patience)
	var p position
	switch r, is := d.Response.(*zkproto.GetDataResponse); {
	case d.Err == zkproto.CodeNoNode:
		return 0, true
	case d.Err != zkproto.CodeOK || !is:
		return 0, false
	case len(r.Data) > 0 && json.Unmarshal(r.Data, &p) != nil:
		return 0, false
	}
	return p.Offset, true
}

// Commit implements storm.Source.
func (s *source) Commit(c *storm.Context, partition int32, offset int64) bool {
	path := s.path(partition)
	if !s.made {
		parts := strings.Split(path[1:], "/")
		for i := range len(parts) - 1 {
			d := c.ZooKeeper(zk.Create("/"+strings.Join(parts[:i+1], "/"), nil, nil, zkproto.ModePersistent), s.cfg.Patience)
			if d.Err != zkproto.CodeOK && d.Err != zkproto.CodeNodeExists {
				return false
			}
		}
		s.made = true
	}
	data, err := json.Marshal(position{s.cfg.Topic, partition, offset})
	if err != nil {
		panic(err) // what is written here can always be written
	}
	d := c.ZooKeeper(zk.Set(path, data, -1), s.cfg.Patience)
	if d.Err == zkproto.CodeNoNode {
		d = c.ZooKeeper(zk.Create(path, data, nil, zkproto.ModePersistent), s.cfg.Patience)
	}
	if d.Err != zkproto.CodeOK {
		return false
	}
	if s.cfg.Committed != nil {
		s.cfg.Committed(partition, offset)
	}
	return true
}
