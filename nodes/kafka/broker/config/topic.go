package config

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"strconv"
	"time"

	"orrery/nodes/internal/properties"
	"orrery/nodes/kafka/log"
)

// Topic is the configuration of a topic, as far as it has effects.
type Topic struct {
	MinISR  int32
	Unclean bool // unclean.leader.election.enable
	Log     log.Config
}

// topicKey is one key of a topic's configuration; where the topic says nothing, its value is that of the broker's key.
type topicKey struct {
	key
	broker string // the broker's key
	set    func(t *Topic, v value)
}

// topicDefaults are the broker's values for topics.
type topicDefaults struct {
	text   map[string]string // by the topic's key
	source map[string]string // the broker's key that gave it; "" if it is the default
	all    Topic             // what they come to, of a topic that has no values of its own
	sound  bool              // they could be read
}

// topicKeys are all keys of topics, by name.
var topicKeys = []topicKey{
	{key{name: "cleanup.policy", kind: kindList, def: "delete", one: []string{"compact", "delete"}}, "log.cleanup.policy", func(t *Topic, v value) {
		t.Log.Compact, t.Log.Delete = slices.Contains(v.list, "compact"), slices.Contains(v.list, "delete")
	}},
	{key{name: "compression.type", kind: kindString, def: "producer", one: []string{"producer"}}, "compression.type", nil},
	{number("delete.retention.ms", 86_400_000, 0, maxLong), "log.cleaner.delete.retention.ms", func(t *Topic, v value) {
		t.Log.TombstoneLife = max(v.millis(), 1)
	}},
	{number("file.delete.delay.ms", 60_000, 0, maxLong), "log.segment.delete.delay.ms", nil},
	{number("flush.messages", maxLong, 1, maxLong), "log.flush.interval.messages", func(t *Topic, v value) {
		t.Log.FlushMessages = int(v.n)
		if v.n == maxLong {
			t.Log.FlushMessages = 0
		}
	}},
	{number("flush.ms", maxLong, 0, maxLong), "log.flush.interval.ms", func(t *Topic, v value) {
		t.Log.FlushInterval = max(v.millis(), 1)
		if v.n == maxLong {
			t.Log.FlushInterval = 0
		}
	}},
	{key{name: "follower.replication.throttled.replicas", kind: kindList}, "", nil},
	{number("index.interval.bytes", 4_096, 0, maxInt), "log.index.interval.bytes", func(t *Topic, v value) { t.Log.IndexInterval = int(max(v.n, 1)) }},
	{key{name: "leader.replication.throttled.replicas", kind: kindList}, "", nil},
	{number("max.compaction.lag.ms", maxLong, 1, maxLong), "log.cleaner.max.compaction.lag.ms", nil},
	{number("max.message.bytes", 1_000_012, 0, maxInt), "message.max.bytes", func(t *Topic, v value) { t.Log.MaxMessage = int(max(v.n, 1)) }},
	{key{name: "message.downconversion.enable", kind: kindBoolean, def: "true"}, "log.message.downconversion.enable", nil},
	{key{name: "message.format.version", kind: kindString, def: "2.4-IV1"}, "log.message.format.version", nil},
	{number("message.timestamp.difference.max.ms", maxLong, 0, maxLong), "log.message.timestamp.difference.max.ms", nil},
	{key{name: "message.timestamp.type", kind: kindString, def: "CreateTime", one: []string{"CreateTime", "LogAppendTime"}},
		"log.message.timestamp.type", func(t *Topic, v value) { t.Log.AppendTime = v.text == "LogAppendTime" }},
	{key{name: "min.cleanable.dirty.ratio", kind: kindDouble, def: "0.5", high: 1_000_000}, "log.cleaner.min.cleanable.ratio", func(t *Topic, v value) {
		t.Log.DirtyPPM = max(v.n, 1)
	}},
	{number("min.compaction.lag.ms", 0, 0, maxLong), "log.cleaner.min.compaction.lag.ms", func(t *Topic, v value) { t.Log.MinLag = v.millis() }},
	{number("min.insync.replicas", 1, 1, maxInt), "min.insync.replicas", func(t *Topic, v value) { t.MinISR = int32(v.n) }},
	{key{name: "preallocate", kind: kindBoolean, def: "false"}, "log.preallocate", nil},
	{number("retention.bytes", -1, math.MinInt64, maxLong), "log.retention.bytes", func(t *Topic, v value) { t.Log.RetentionBytes = v.n }},
	{number("retention.ms", 604_800_000, -1, maxLong), "log.retention.ms", func(t *Topic, v value) {
		if t.Log.RetentionTime = v.millis(); v.n == 0 {
			t.Log.RetentionTime = 1
		}
	}},
	{number("segment.bytes", 1_073_741_824, 14, maxInt), "log.segment.bytes", func(t *Topic, v value) { t.Log.SegmentBytes = v.n }},
	{number("segment.index.bytes", 10_485_760, 4, maxInt), "log.index.size.max.bytes", func(t *Topic, v value) { t.Log.IndexEntries = int(max(v.n/8, 1)) }},
	{number("segment.jitter.ms", 0, 0, maxLong), "log.roll.jitter.ms", nil},
	{number("segment.ms", 604_800_000, 1, maxLong), "log.roll.ms", func(t *Topic, v value) { t.Log.SegmentAge = v.millis() }},
	{key{name: "unclean.leader.election.enable", kind: kindBoolean, def: "false"}, "unclean.leader.election.enable", func(t *Topic, v value) {
		t.Unclean = v.truth()
	}},
}

// number is a key of a topic whose value is a number; Kafka keeps small ones in 32 bits.
func number(name string, def, low, high int64) key {
	k := key{name: name, kind: kindLong, def: strconv.FormatInt(def, 10), low: low, high: high}
	if high == maxInt {
		k.kind = kindInt
	}
	return k
}

// unitKey is an older name of a broker's key, in a coarser unit. Of several that are given the finest counts.
type unitKey struct {
	name, fine string
	def        string
	unit       time.Duration
}

var unitKeys = []unitKey{
	{"log.retention.minutes", "log.retention.ms", "", time.Minute},
	{"log.retention.hours", "log.retention.ms", "168", time.Hour},
	{"log.roll.hours", "log.roll.ms", "168", time.Hour},
	{"log.roll.jitter.hours", "log.roll.jitter.ms", "0", time.Hour},
}

// topicDefaultKeys are the broker's keys that are defaults for topics.
func topicDefaultKeys() []key {
	var all []key
	ignores := func(name string) bool {
		return slices.ContainsFunc(withoutEffect, func(k key) bool { return k.name == name })
	}
	for _, t := range topicKeys {
		if t.broker == "" || ignores(t.broker) {
			continue
		}
		k := t.key
		k.name = t.broker
		if slices.ContainsFunc(unitKeys, func(u unitKey) bool { return u.fine == t.broker }) {
			k.def = ""
		}
		all = append(all, k)
	}
	for _, u := range unitKeys {
		all = append(all, key{name: u.name, kind: kindInt, def: u.def, low: -1, high: maxInt})
	}
	return all
}

// finishTopics works out what topics have that say nothing.
func (c *Config) finishTopics(wrong *problems) {
	c.topics = topicDefaults{text: make(map[string]string, len(topicKeys)), source: make(map[string]string, len(topicKeys))}
	for _, t := range topicKeys {
		text, source := t.def, ""
		if given, ok := c.values[t.broker]; ok {
			text, source = given, t.broker
		} else {
			text, source = c.coarser(t, text)
		}
		c.topics.text[t.name], c.topics.source[t.name] = text, source
	}
	all, err := c.Topic(nil)
	if err != nil && len(wrong.errs) == 0 {
		wrong.add("", "%v", err)
	}
	c.topics.all, c.topics.sound = all, err == nil
}

// coarser looks for a topic's value under the broker's keys of coarser units, and of a flush under that of the scheduler.
func (c *Config) coarser(t topicKey, def string) (text, source string) {
	if t.name == "flush.ms" {
		if given, ok := c.values["log.flush.scheduler.interval.ms"]; ok {
			return given, "log.flush.scheduler.interval.ms"
		}
	}
	for _, u := range unitKeys {
		if u.fine != t.broker {
			continue
		}
		n, err := strconv.ParseInt(c.values[u.name], 10, 64)
		switch {
		case err != nil:
		case n < 0:
			return "-1", u.name
		case n > 0 || t.low <= 0:
			return strconv.FormatInt(times(n, u.unit).Milliseconds(), 10), u.name
		}
	}
	return def, ""
}

// Topic is the configuration of a topic with these values of its own. The error is an ErrValue, and names the first key
// that is unknown or whose value is out of place.
func (c *Config) Topic(own map[string]string) (Topic, error) {
	t := c.topics.all
	t.Log.ProducerExpiry, t.Log.VerifyNewTxns = c.ProducerExpiry, c.VerifyPartitions
	if len(own) == 0 && c.topics.sound {
		return t, nil
	}
	for _, name := range slices.Sorted(maps.Keys(own)) {
		if err := CheckTopic(name, own[name]); err != nil {
			return Topic{}, err
		}
	}
	for i := range topicKeys {
		k := &topicKeys[i]
		text, given := own[k.name]
		switch {
		case given:
		case c.topics.sound:
			continue
		default:
			text = c.topics.text[k.name]
		}
		v, err := k.read(text)
		if err != nil {
			return Topic{}, fmt.Errorf("%w: %s: %w", ErrValue, k.name, err)
		}
		if k.set != nil {
			k.set(&t, v)
		}
	}
	return t, nil
}

// CheckTopic tells whether a topic's key is known and its value in place. The error is an ErrValue.
func CheckTopic(name, text string) error {
	k := topicKeyOf(name)
	if k == nil {
		var names []string
		for _, t := range topicKeys {
			names = append(names, t.name)
		}
		if a := properties.Alike(name, names); a != "" {
			return fmt.Errorf("%w: %s is no key of a topic; did you mean %s?", ErrValue, name, a)
		}
		return fmt.Errorf("%w: %s is no key of a topic", ErrValue, name)
	}
	v, err := k.read(text)
	if err != nil {
		return fmt.Errorf("%w: %s: %w", ErrValue, name, err)
	}
	if name == "cleanup.policy" && len(v.list) == 0 {
		return fmt.Errorf("%w: %s: has no value; want delete, compact or both", ErrValue, name)
	}
	return nil
}

func topicKeyOf(name string) *topicKey {
	for i := range topicKeys {
		if topicKeys[i].name == name {
			return &topicKeys[i]
		}
	}
	return nil
}

// ListKey tells whether a topic's key holds a list, to which values can be added one by one, and what it holds where
// the topic says nothing.
func (c *Config) ListKey(name string) (inherited string, list bool) {
	k := topicKeyOf(name)
	if k == nil || k.kind != kindList {
		return "", false
	}
	return c.topics.text[name], true
}
