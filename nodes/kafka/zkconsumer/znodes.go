package zkconsumer

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orrery/nodes/kafka/log"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// errLost says that ZooKeeper has not answered, or that the session is over.
var errLost = errors.New("zkconsumer: no answer from ZooKeeper")

// registration is the bytes of /consumers/G/ids/ID.
type registration struct {
	Version      int            `json:"version"`
	Subscription map[string]int `json:"subscription"`
	Pattern      string         `json:"pattern"`
	Timestamp    string         `json:"timestamp"` // milliseconds
}

// topic is what a consumer reads in the bytes of /brokers/topics/T.
type topic struct {
	Partitions map[string][]int32 `json:"partitions"`
}

func (c *Consumer) group() string        { return c.cfg.Root + "/consumers/" + c.cfg.Group }
func (c *Consumer) ids() string          { return c.group() + "/ids" }
func (c *Consumer) registration() string { return c.ids() + "/" + c.id }
func (c *Consumer) owner(tp log.TopicPartition) string {
	return fmt.Sprintf("%s/owners/%s/%d", c.group(), tp.Topic, tp.Partition)
}
func (c *Consumer) offset(tp log.TopicPartition) string {
	return fmt.Sprintf("%s/offsets/%s/%d", c.group(), tp.Topic, tp.Partition)
}

// do carries out an operation. Any answer but the codes that are expected is errLost, or says which it was.
func (c *Consumer) do(op client.Op, expected ...proto.ErrCode) (client.Done, error) {
	d := c.s.Do(op)
	switch {
	case d.Err == proto.CodeOK || slices.Contains(expected, d.Err):
		return d, nil
	case d.Err == proto.CodeConnectionLoss || d.Err == proto.CodeSessionExpired:
		return d, errLost
	}
	return d, fmt.Errorf("zkconsumer: ZooKeeper refuses: %v", d.Err)
}

// ensure makes a node and those above it, if there are none.
func (c *Consumer) ensure(path string) error {
	for i := 1; i <= len(path); i++ {
		if i < len(path) && path[i] != '/' {
			continue
		}
		if _, err := c.do(client.Create(path[:i], nil, nil, proto.ModePersistent), proto.CodeNodeExists); err != nil {
			return err
		}
	}
	return nil
}

// plant makes an ephemeral node below an existing one. ok is false if there is one that is not of this session.
func (c *Consumer) plant(path, data string) (ok bool, err error) {
	for range 3 {
		d, err := c.do(client.Create(path, []byte(data), nil, proto.ModeEphemeral), proto.CodeNodeExists)
		if err != nil || d.Err == proto.CodeOK {
			return err == nil, err
		}
		d, err = c.do(client.Get(path, false), proto.CodeNoNode)
		if err != nil {
			return false, err
		}
		if d.Err == proto.CodeNoNode {
			continue // it has gone meanwhile
		}
		r := d.Response.(*proto.GetDataResponse)
		own := string(r.Data) == data || path == c.registration()
		return r.Stat.EphemeralOwner == c.s.Client().Session() || c.cfg.Quirks.TrustOldOwner && own, nil
	}
	return false, nil
}

// uproot deletes an ephemeral node, if it is of this session.
func (c *Consumer) uproot(path string) error {
	d, err := c.do(client.Get(path, false), proto.CodeNoNode)
	if err != nil || d.Err == proto.CodeNoNode {
		return err
	}
	r := d.Response.(*proto.GetDataResponse)
	if r.Stat.EphemeralOwner != c.s.Client().Session() {
		return nil
	}
	_, err = c.do(client.Delete(path, r.Stat.Version), proto.CodeNoNode, proto.CodeBadVersion)
	return err
}

// register tells the group that this consumer is there. A node of the session before must go first.
func (c *Consumer) register() error {
	for _, path := range []string{c.ids(), c.group() + "/owners", c.group() + "/offsets"} {
		if err := c.ensure(path); err != nil {
			return err
		}
	}
	sub := map[string]int{}
	for _, t := range c.cfg.Topics {
		sub[t] = c.cfg.Streams
		if err := errors.Join(c.ensure(c.group()+"/owners/"+t), c.ensure(c.group()+"/offsets/"+t)); err != nil {
			return err
		}
	}
	p, err := json.Marshal(registration{1, sub, "static", strconv.FormatInt(c.t.Now().UnixMilli(), 10)})
	if err != nil {
		return err
	}
	ok, err := c.plant(c.registration(), string(p))
	if err == nil && !ok {
		err = errLost
	}
	return err
}

// read reads the group and its topics, and leaves a watch on each of what may change.
func (c *Consumer) read() (*view, error) {
	v := &view{consumers: map[string]map[string]int{}, partitions: map[string][]int32{}}
	d, err := c.do(client.Children(c.ids(), true))
	if err != nil {
		return nil, err
	}
	for _, id := range d.Response.(*proto.GetChildren2Response).Children {
		d, err := c.do(client.Get(c.ids()+"/"+id, false), proto.CodeNoNode)
		if err != nil {
			return nil, err
		}
		var r registration
		if d.Err == proto.CodeNoNode || json.Unmarshal(d.Response.(*proto.GetDataResponse).Data, &r) != nil {
			continue // it has gone meanwhile, or is no consumer
		}
		v.consumers[id] = r.Subscription
	}
	for _, name := range c.cfg.Topics {
		if v.partitions[name], err = c.readTopic(name); err != nil {
			return nil, err
		}
	}
	return v, nil
}

// readTopic reads which partitions a topic has. One that does not exist yet has none, and is watched for.
func (c *Consumer) readTopic(name string) ([]int32, error) {
	path := c.cfg.Root + "/brokers/topics/" + name
	d, err := c.do(client.Get(path, true), proto.CodeNoNode)
	if err != nil {
		return nil, err
	}
	if d.Err == proto.CodeNoNode {
		_, err = c.do(client.Exists(path, true), proto.CodeNoNode)
		return nil, err
	}
	var t topic
	if json.Unmarshal(d.Response.(*proto.GetDataResponse).Data, &t) != nil {
		return nil, fmt.Errorf("zkconsumer: %s is not a topic", path)
	}
	var out []int32
	for p := range t.Partitions { // lint:maporder they are sorted below
		if n, err := strconv.ParseInt(p, 10, 32); err == nil {
			out = append(out, int32(n))
		}
	}
	slices.Sort(out)
	return out, nil
}

// load reads how far the group has read a partition; -1 if nobody has said.
func (c *Consumer) load(tp log.TopicPartition) (int64, error) {
	d, err := c.do(client.Get(c.offset(tp), false), proto.CodeNoNode)
	if err != nil || d.Err == proto.CodeNoNode {
		return -1, err
	}
	n, err := strconv.ParseInt(strings.TrimSpace(string(d.Response.(*proto.GetDataResponse).Data)), 10, 64)
	if err != nil || n < 0 {
		return -1, nil // as if there were none: auto.offset.reset
	}
	return n, nil
}

// save sets how far the group has read a partition. Nobody checks who does so.
func (c *Consumer) save(tp log.TopicPartition, offset int64) error {
	data := []byte(strconv.FormatInt(offset, 10))
	d, err := c.do(client.Set(c.offset(tp), data, -1), proto.CodeNoNode)
	if err != nil || d.Err == proto.CodeOK {
		return err
	}
	_, err = c.do(client.Create(c.offset(tp), data, nil, proto.ModePersistent), proto.CodeNodeExists)
	return err
}
