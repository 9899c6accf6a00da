package zk

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"orrery/nodes/kafka/log"
)

// Decode reads the bytes of a record of a kind; id is the broker of a KindBroker. It takes what earlier and later versions of
// Kafka write too, as far as 2.4 does. Its errors are ErrMalformed.
func Decode(kind Kind, id int32, p []byte) (Value, error) {
	v, err := decode(kind, id, p)
	if err != nil {
		return nil, fmt.Errorf("%w: %v", ErrMalformed, err)
	}
	return v, nil
}

func decode(kind Kind, id int32, p []byte) (Value, error) {
	switch kind {
	case KindBroker:
		if r, ok := brokerAsIs(id, p); ok {
			return r, nil
		}
		return decodeBroker(id, p)
	case KindTopic:
		if r, ok := topicAsIs(p); ok {
			return r, nil
		}
		return decodeTopic(p)
	case KindPartition:
		if r, ok := stateAsIs(p); ok {
			return r, nil
		}
		return decodeState(p)
	case KindController:
		var r struct {
			Broker    int32       `json:"brokerid"`
			Timestamp json.Number `json:"timestamp"`
		}
		err := json.Unmarshal(p, &r)
		return Controller{r.Broker, millis(r.Timestamp)}, err
	case KindControllerEpoch:
		n, err := strconv.ParseInt(string(p), 10, 32)
		return ControllerEpoch(n), err
	case KindConfig:
		if r, ok := settingsAsIs(p); ok {
			return r, nil
		}
		return decodeSettings(p)
	case KindConfigChange:
		return decodeChange(p)
	case KindDeleteTopic:
		return nil, nil
	case KindReassign, KindPreferred, KindISRChange:
		return decodePartitions(kind, p)
	case KindLogDirEvent:
		var r struct{ Broker int32 }
		err := json.Unmarshal(p, &r)
		return LogDirEvent{r.Broker}, err
	case KindProducerIDBlock:
		var r struct {
			Broker int32 `json:"broker"`
			Start  int64 `json:"block_start,string"`
			End    int64 `json:"block_end,string"`
		}
		err := json.Unmarshal(p, &r)
		return ProducerIDBlock{r.Broker, r.Start, r.End}, err
	case KindClusterID:
		var r struct{ ID string }
		err := json.Unmarshal(p, &r)
		return ClusterID(r.ID), err
	}
	return nil, fmt.Errorf("no record is of kind %d", kind)
}

func decodeState(p []byte) (Value, error) {
	var r struct {
		ControllerEpoch int32   `json:"controller_epoch"`
		Leader          int32   `json:"leader"`
		LeaderEpoch     int32   `json:"leader_epoch"`
		ISR             []int32 `json:"isr"`
	}
	err := json.Unmarshal(p, &r)
	return PartitionState{r.Leader, r.LeaderEpoch, r.ISR, r.ControllerEpoch}, err
}

// millis is a time that was written as text, or as a number by some early versions.
func millis(n json.Number) time.Time {
	ms, err := strconv.ParseInt(strings.Trim(string(n), `"`), 10, 64)
	if err != nil {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}

func decodeBroker(id int32, p []byte) (Value, error) {
	var r struct {
		Protocols map[string]string `json:"listener_security_protocol_map"`
		Endpoints []string          `json:"endpoints"`
		Rack      string            `json:"rack"`
		JMXPort   int32             `json:"jmx_port"`
		Host      string            `json:"host"`
		Port      int32             `json:"port"`
		Timestamp json.Number       `json:"timestamp"`
		Version   int32             `json:"version"`
	}
	r.JMXPort = -1
	if err := json.Unmarshal(p, &r); err != nil {
		return nil, err
	}
	b := Broker{ID: id, Rack: r.Rack, JMXPort: r.JMXPort, Timestamp: millis(r.Timestamp)}
	if r.Version == 1 || len(r.Endpoints) == 0 {
		b.Endpoints = []Endpoint{{"PLAINTEXT", "PLAINTEXT", r.Host, r.Port}}
		return b, nil
	}
	for _, text := range r.Endpoints {
		listener, address, ok := strings.Cut(text, "://")
		colon := strings.LastIndexByte(address, ':')
		if !ok || colon < 0 {
			return nil, fmt.Errorf("endpoint %q", text)
		}
		port, err := strconv.ParseInt(address[colon+1:], 10, 32)
		if err != nil {
			return nil, fmt.Errorf("endpoint %q", text)
		}
		b.Endpoints = append(b.Endpoints, Endpoint{listener, cmp.Or(r.Protocols[listener], listener), address[:colon], int32(port)})
	}
	return b, nil
}

func decodeTopic(p []byte) (Value, error) {
	var r struct {
		Partitions map[string][]int32 `json:"partitions"`
		Adding     map[string][]int32 `json:"adding_replicas"`
		Removing   map[string][]int32 `json:"removing_replicas"`
	}
	if err := json.Unmarshal(p, &r); err != nil {
		return nil, err
	}
	var t Topic
	for _, name := range slices.Sorted(maps.Keys(r.Partitions)) {
		replicas := r.Partitions[name]
		n, err := strconv.ParseInt(name, 10, 32)
		if err != nil || n < 0 {
			return nil, fmt.Errorf("partition %q", name)
		}
		t.Partitions = append(t.Partitions, Assignment{int32(n), replicas, none(r.Adding[name]), none(r.Removing[name])})
	}
	slices.SortFunc(t.Partitions, func(a, b Assignment) int { return cmp.Compare(a.Partition, b.Partition) })
	for i := 1; i < len(t.Partitions); i++ {
		if t.Partitions[i].Partition == t.Partitions[i-1].Partition {
			return nil, fmt.Errorf("partition %d twice", t.Partitions[i].Partition)
		}
	}
	return t, nil
}

func none(list []int32) []int32 {
	if len(list) == 0 {
		return nil
	}
	return list
}

func decodeSettings(p []byte) (Value, error) {
	var r struct {
		Config map[string]string `json:"config"`
	}
	if len(p) == 0 {
		return Settings(nil), nil
	}
	if err := json.Unmarshal(p, &r); err != nil {
		return nil, err
	}
	var c Settings
	for _, name := range slices.Sorted(maps.Keys(r.Config)) {
		c = append(c, ConfigEntry{name, r.Config[name]})
	}
	return c, nil
}

// decodeChange reads version 2, and version 1, in which type and name stand apart.
func decodeChange(p []byte) (Value, error) {
	var r struct {
		Path string `json:"entity_path"`
		Type string `json:"entity_type"`
		Name string `json:"entity_name"`
	}
	if err := json.Unmarshal(p, &r); err != nil {
		return nil, err
	}
	if r.Path == "" {
		r.Path = r.Type + "/" + r.Name
	}
	if entity, name, ok := strings.Cut(r.Path, "/"); !ok || entity == "" || name == "" {
		return nil, fmt.Errorf("entity path %q", r.Path)
	}
	return ConfigChange(r.Path), nil
}

func decodePartitions(kind Kind, p []byte) (Value, error) {
	var r struct {
		Partitions []struct {
			Topic     string  `json:"topic"`
			Partition int32   `json:"partition"`
			Replicas  []int32 `json:"replicas"`
		} `json:"partitions"`
	}
	if err := json.Unmarshal(p, &r); err != nil {
		return nil, err
	}
	var all Partitions
	var targets Reassignments
	for _, e := range r.Partitions {
		tp := log.TopicPartition{Topic: e.Topic, Partition: e.Partition}
		all = append(all, tp)
		targets = append(targets, Reassignment{tp, e.Replicas})
	}
	if kind == KindReassign {
		return targets, nil
	}
	return all, nil
}
