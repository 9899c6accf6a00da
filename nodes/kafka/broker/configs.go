package broker

import (
	"errors"
	"slices"
	"strconv"
	"strings"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/broker/config"
	"orrery/nodes/kafka/controller"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/replica"
	"orrery/nodes/kafka/zk"
)

// configChanged takes what is set for a topic.
func (b *Broker) configChanged(env nodes.Env, e controller.ConfigChanged) {
	if e.Entity == "topics" {
		b.settle(env, e.Name, e.Values)
	}
}

// settle takes a topic's settings.
func (b *Broker) settle(env nodes.Env, topic string, values zk.Settings) {
	b.unsettle(topic)
	b.settled[topic] = true
	if len(values) > 0 {
		own := map[string]string{}
		for _, v := range values {
			own[v.Name] = v.Value
		}
		b.topicSettings[topic] = own
	}
	b.replicas.TopicConfigChanged(env, topic)
}

// unsettle forgets a topic's settings: it is gone, and another one of its name may have others.
func (b *Broker) unsettle(topic string) {
	delete(b.topicSettings, topic)
	delete(b.topicConfigs, topic)
	delete(b.settled, topic)
}

// held is a LeaderAndIsr that waits for the settings of topics that this broker has not met: nobody is told of a topic's first ones,
// and no log is made before they are known (LogManager.fetchLogConfig).
type held struct {
	call     uint64
	ch       *channel
	clientID string
	req      *kmsg.LeaderAndISRRequest
	lacks    int
}

// lacking is the question for the settings of a topic.
type lacking struct {
	topic string
	h     *held
}

// hold asks for what a LeaderAndIsr needs to know, and hands it on when that has come.
func (b *Broker) hold(env nodes.Env, h *held) {
	for i := range h.req.TopicStates {
		if topic := h.req.TopicStates[i].Topic; !b.settled[topic] {
			h.lacks++
			b.askSettings(env, lacking{strings.Clone(topic), h})
		}
	}
	if h.lacks == 0 {
		b.hand(env, h.call, h.ch, h.clientID, h.req)
	}
}

func (b *Broker) askSettings(env nodes.Env, l lacking) {
	b.lacking[b.store.Do(env, zk.Unguarded, zk.Op{Verb: zk.Get, Key: zk.ConfigKey("topics", l.topic)})] = l
}

// hasSettings takes a topic's settings. If the session has ended they are asked for in the next one.
func (b *Broker) hasSettings(env nodes.Env, l lacking, r zk.Result) {
	if errors.Is(r.Err, zk.ErrExpired) {
		b.askSettings(env, l)
		return
	}
	if values, _ := r.Value.(zk.Settings); !b.settled[l.topic] {
		b.settle(env, l.topic, values)
	}
	if l.h.lacks--; l.h.lacks == 0 {
		b.hand(env, l.h.call, l.h.ch, l.h.clientID, l.h.req)
	}
}

// topicConfig is what holds for a topic. Settings that cannot be read, because a newer Kafka has written them, do not count.
func (b *Broker) topicConfig(topic string) replica.TopicConfig {
	if c, ok := b.topicConfigs[topic]; ok {
		return c
	}
	t, err := b.cfg.Topic(b.topicSettings[topic])
	if err != nil {
		b.stats.BadSettings++
		t, _ = b.cfg.Topic(nil)
	}
	c := replica.TopicConfig{MinISR: int(t.MinISR), Unclean: t.Unclean, Log: t.Log}
	b.topicConfigs[topic] = c
	return c
}

// validate refuses settings that have no effect here, or are out of place.
func validate(entity, name, text string) error {
	if entity == "topics" {
		return config.CheckTopic(name, text)
	}
	return errFixed
}

// describeConfigs shows what is set for topics and for this broker, and where it comes from.
func (b *Broker) describeConfigs(env nodes.Env, call uint64, r *kmsg.DescribeConfigsRequest) {
	resp := r.ResponseKind().(*kmsg.DescribeConfigsResponse)
	for _, res := range r.Resources {
		out := kmsg.NewDescribeConfigsResponseResource()
		out.ResourceType, out.ResourceName = res.ResourceType, res.ResourceName
		entries, code, why := b.entries(res)
		out.ErrorCode = int16(code)
		if code != proto.None {
			out.ErrorMessage = &why
		}
		for _, e := range entries {
			if len(res.ConfigNames) == 0 || slices.Contains(res.ConfigNames, e.Name) {
				out.Configs = append(out.Configs, described(e, r))
			}
		}
		resp.Resources = append(resp.Resources, out)
	}
	b.done(env, call, resp)
}

// entries are the settings of a resource.
func (b *Broker) entries(res kmsg.DescribeConfigsRequestResource) ([]config.Entry, proto.Code, string) {
	switch res.ResourceType {
	case kmsg.ConfigResourceTypeTopic:
		if !validTopic(res.ResourceName) {
			return nil, proto.InvalidTopicException, "the topic has no valid name"
		}
		if _, known := b.cache.topics[res.ResourceName]; !known {
			return nil, proto.UnknownTopicOrPartition, "there is no such topic"
		}
		return b.cfg.DescribeTopic(b.topicSettings[res.ResourceName]), proto.None, ""
	case kmsg.ConfigResourceTypeBroker:
		if res.ResourceName == "" {
			return nil, proto.None, "" // the cluster's dynamic defaults, of which there are none
		}
		if res.ResourceName != strconv.Itoa(int(b.id)) {
			return nil, proto.InvalidRequest, "this is broker " + strconv.Itoa(int(b.id)) + "; ask the broker itself"
		}
		return b.cfg.DescribeBroker(), proto.None, ""
	default:
		return nil, proto.InvalidRequest, "settings are those of topics and brokers"
	}
}

// described is an entry in the response's version.
func described(e config.Entry, r *kmsg.DescribeConfigsRequest) kmsg.DescribeConfigsResponseResourceConfig {
	c := kmsg.NewDescribeConfigsResponseResourceConfig()
	c.Name, c.Value, c.ReadOnly, c.IsSensitive = e.Name, e.Value, e.ReadOnly, e.Sensitive
	c.IsDefault, c.Source = e.Source == config.FromDefault, kmsg.ConfigSource(e.Source)
	c.ConfigType = kmsg.ConfigType(e.Type)
	if r.IncludeSynonyms {
		for _, s := range e.Synonyms {
			y := kmsg.NewDescribeConfigsResponseResourceConfigConfigSynonym()
			y.Name, y.Value, y.Source = s.Name, s.Value, kmsg.ConfigSource(s.Source)
			c.ConfigSynonyms = append(c.ConfigSynonyms, y)
		}
	}
	return c
}
