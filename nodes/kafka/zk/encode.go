package zk

import (
	"encoding/json"
	"slices"
	"strconv"
	"time"
)

// The bytes are those of Kafka 2.4, down to the order of the members, which is that of Scala's maps: as written for up to four members, by
// hash for more. Within "partitions" Scala's order has no meaning to anybody; here it is by number.

func appendString(b []byte, s string) []byte {
	if plain(s) {
		return append(append(append(b, '"'), s...), '"')
	}
	p, err := json.Marshal(s)
	if err != nil {
		panic(err) // a string always has an encoding
	}
	return append(b, p...)
}

// plain tells whether a text needs no escapes, not even those that only Go writes.
func plain(s string) bool {
	for i := range len(s) {
		switch c := s[i]; {
		case c < ' ' || c > '~', c == '"', c == '\\', c == '<', c == '>', c == '&':
			return false
		}
	}
	return true
}

func appendInts(b []byte, list []int32) []byte {
	b = append(b, '[')
	for i, n := range list {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendInt(b, int64(n), 10)
	}
	return append(b, ']')
}

func appendMillis(b []byte, t time.Time) []byte {
	b = append(b, '"')
	b = strconv.AppendInt(b, t.UnixMilli(), 10)
	return append(b, '"')
}

// Append appends the bytes of /brokers/ids/N.
func (r Broker) Append(b []byte) []byte {
	b = append(b, `{"listener_security_protocol_map":{`...)
	for i, e := range r.Endpoints {
		if i > 0 {
			b = append(b, ',')
		}
		b = append(appendString(b, e.Listener), ':')
		b = appendString(b, e.protocol())
	}
	b = append(b, `},"endpoints":[`...)
	for i, e := range r.Endpoints {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(b, e.String())
	}
	b = append(b, ']')
	if r.Rack != "" {
		b = appendString(append(b, `,"rack":`...), r.Rack)
	}
	b = strconv.AppendInt(append(b, `,"jmx_port":`...), int64(r.JMXPort), 10)
	// Clients older than version 2 of the record find a plaintext address here, and nothing where there is none.
	host, port := []byte("null"), int32(-1)
	if i := slices.IndexFunc(r.Endpoints, func(e Endpoint) bool { return e.protocol() == "PLAINTEXT" }); i >= 0 {
		host, port = appendString(nil, r.Endpoints[i].Host), r.Endpoints[i].Port
	}
	b = append(append(b, `,"host":`...), host...)
	b = appendMillis(append(b, `,"timestamp":`...), r.Timestamp)
	b = strconv.AppendInt(append(b, `,"port":`...), int64(port), 10)
	return append(b, `,"version":4}`...)
}

// Append appends the bytes of /brokers/topics/T.
func (r Topic) Append(b []byte) []byte {
	lists := func(b []byte, of func(Assignment) []int32, all bool) []byte {
		first := true
		for _, a := range r.Partitions {
			if len(of(a)) == 0 && !all {
				continue
			}
			if !first {
				b = append(b, ',')
			}
			first = false
			b = strconv.AppendInt(append(b, '"'), int64(a.Partition), 10)
			b = appendInts(append(b, `":`...), of(a))
		}
		return b
	}
	b = lists(append(b, `{"version":2,"partitions":{`...), func(a Assignment) []int32 { return a.Replicas }, true)
	b = lists(append(b, `},"adding_replicas":{`...), func(a Assignment) []int32 { return a.Adding }, false)
	b = lists(append(b, `},"removing_replicas":{`...), func(a Assignment) []int32 { return a.Removing }, false)
	return append(b, "}}"...)
}

// Append appends the bytes of /brokers/topics/T/partitions/P/state.
func (r PartitionState) Append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"controller_epoch":`...), int64(r.ControllerEpoch), 10)
	b = strconv.AppendInt(append(b, `,"leader":`...), int64(r.Leader), 10)
	b = strconv.AppendInt(append(b, `,"version":1,"leader_epoch":`...), int64(r.LeaderEpoch), 10)
	return append(appendInts(append(b, `,"isr":`...), r.ISR), '}')
}

// Append appends the bytes of /controller.
func (r Controller) Append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"version":1,"brokerid":`...), int64(r.Broker), 10)
	return append(appendMillis(append(b, `,"timestamp":`...), r.Timestamp), '}')
}

// Append appends the bytes of /controller_epoch.
func (r ControllerEpoch) Append(b []byte) []byte { return strconv.AppendInt(b, int64(r), 10) }

// Append appends the bytes of /config/E/N.
func (r Settings) Append(b []byte) []byte {
	b = append(b, `{"version":1,"config":{`...)
	for i, e := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(appendString(b, e.Name), ':'), e.Value)
	}
	return append(b, "}}"...)
}

// Append appends the bytes of /config/changes/config_change_n.
func (r ConfigChange) Append(b []byte) []byte {
	return append(appendString(append(b, `{"version":2,"entity_path":`...), string(r)), '}')
}

// Append appends the bytes of /admin/reassign_partitions.
func (r Reassignments) Append(b []byte) []byte {
	b = append(b, `{"version":1,"partitions":[`...)
	for i, a := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"topic":`...), a.Partition.Topic)
		b = strconv.AppendInt(append(b, `,"partition":`...), int64(a.Partition.Partition), 10)
		b = append(appendInts(append(b, `,"replicas":`...), a.Replicas), '}')
	}
	return append(b, "]}"...)
}

// Append appends the bytes of /admin/preferred_replica_election and of /isr_change_notification/isr_change_n.
func (r Partitions) Append(b []byte) []byte {
	b = append(b, `{"version":1,"partitions":[`...)
	for i, tp := range r {
		if i > 0 {
			b = append(b, ',')
		}
		b = appendString(append(b, `{"topic":`...), tp.Topic)
		b = append(strconv.AppendInt(append(b, `,"partition":`...), int64(tp.Partition), 10), '}')
	}
	return append(b, "]}"...)
}

// Append appends the bytes of /log_dir_event_notification/log_dir_event_n. Event 1 is a failure; there is no other.
func (r LogDirEvent) Append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"version":1,"broker":`...), int64(r.Broker), 10)
	return append(b, `,"event":1}`...)
}

// Append appends the bytes of /latest_producer_id_block.
func (r ProducerIDBlock) Append(b []byte) []byte {
	b = strconv.AppendInt(append(b, `{"version":1,"broker":`...), int64(r.Broker), 10)
	b = strconv.AppendInt(append(b, `,"block_start":"`...), r.Start, 10)
	return append(strconv.AppendInt(append(b, `","block_end":"`...), r.End, 10), `"}`...)
}

// Append appends the bytes of /cluster/id.
func (r ClusterID) Append(b []byte) []byte {
	return append(appendString(append(b, `{"version":"1","id":`...), string(r)), '}')
}

func (e Endpoint) protocol() string {
	if e.Protocol == "" {
		return e.Listener
	}
	return e.Protocol
}

// String is the endpoint as it is written: "PLAINTEXT://b1:9092".
func (e Endpoint) String() string {
	return e.Listener + "://" + e.Host + ":" + strconv.Itoa(int(e.Port))
}
