package zkconsumer

import (
	"cmp"
	"errors"
	"maps"
	"slices"
	"strconv"
	"unicode/utf16"

	"orrery/nodes/kafka/log"
)

// view is the group and its topics, as a consumer has read them: each part at another moment.
type view struct {
	consumers  map[string]map[string]int // id to topic to number of streams
	partitions map[string][]int32        // of the topics, ascending
}

// errUnlike says that round robin cannot be applied.
var errUnlike = errors.New("zkconsumer: round robin needs the same subscriptions in all consumers")

// assign shares out the partitions. All consumers that have the same view come to the same result.
func (v *view) assign(s Strategy) (map[log.TopicPartition]string, error) {
	if s == RoundRobin {
		return v.roundRobin()
	}
	out := map[log.TopicPartition]string{}
	for _, topic := range slices.Sorted(maps.Keys(v.partitions)) {
		ps, streams := v.partitions[topic], v.streams(topic)
		if len(streams) == 0 {
			continue
		}
		each, extra := len(ps)/len(streams), len(ps)%len(streams)
		for i, stream := range streams {
			from := each*i + min(i, extra)
			n := each
			if i < extra {
				n++
			}
			for _, p := range ps[from : from+n] {
				out[log.TopicPartition{Topic: topic, Partition: p}] = stream
			}
		}
	}
	return out, nil
}

// roundRobin deals out the partitions in the order of their hashes, so that those of a topic come to lie apart.
func (v *view) roundRobin() (map[log.TopicPartition]string, error) {
	out := map[log.TopicPartition]string{}
	ids := slices.Sorted(maps.Keys(v.consumers))
	if len(ids) == 0 {
		return out, nil
	}
	first := v.consumers[ids[0]]
	for _, id := range ids {
		if !maps.Equal(first, v.consumers[id]) {
			return nil, errUnlike
		}
	}
	var all []log.TopicPartition
	var streams []string
	for _, topic := range slices.Sorted(maps.Keys(first)) {
		if streams == nil {
			streams = v.streams(topic)
		}
		for _, p := range v.partitions[topic] {
			all = append(all, log.TopicPartition{Topic: topic, Partition: p})
		}
	}
	slices.SortStableFunc(all, func(a, b log.TopicPartition) int { return cmp.Compare(hash(a), hash(b)) })
	for i, tp := range all {
		out[tp] = streams[i%len(streams)]
	}
	return out, nil
}

// streams are those of all consumers that subscribe to a topic, sorted.
func (v *view) streams(topic string) (out []string) {
	for _, id := range slices.Sorted(maps.Keys(v.consumers)) {
		for n := range v.consumers[id][topic] {
			out = append(out, id+"-"+strconv.Itoa(n))
		}
	}
	slices.Sort(out)
	return out
}

// hash is Java's hash of the partition as Scala prints it.
func hash(tp log.TopicPartition) (h int32) {
	for _, unit := range utf16.Encode([]rune("[" + tp.Topic + "," + strconv.Itoa(int(tp.Partition)) + "]")) {
		h = 31*h + int32(unit)
	}
	return h
}
