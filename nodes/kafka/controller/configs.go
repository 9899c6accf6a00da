package controller

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes"
	"orrery/nodes/kafka/proto"
	"orrery/nodes/kafka/zk"
)

// changeLife is how long a notification of a configuration stays (ZkNodeChangeNotificationListener).
const changeLife = 15 * time.Minute

// entities are what can have settings.
var entities = []string{"brokers", "clients", "topics", "users"}

// loadConfigs reads all that is set, when a session begins. The watch comes first: what changes meanwhile is read again.
type loadConfigs struct{ phase int }

func (l *loadConfigs) step(c *Controller, t *thread, env nodes.Env) bool {
	l.phase++
	switch l.phase {
	case 1:
		ops := []zk.Op{{Verb: zk.List, Key: zk.Key{Kind: zk.KindConfigChange}, Watch: true}}
		for _, e := range entities {
			ops = append(ops, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindConfig, Name: e}})
		}
		return t.ask(c, env, ops...)
	case 2:
		if names := t.results[0].Names; len(names) > 0 {
			c.lastChange = names[len(names)-1]
		}
		var ops []zk.Op
		for i, e := range entities {
			for _, name := range t.results[i+1].Names {
				ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.ConfigKey(e, name)})
			}
		}
		if t.results = nil; len(ops) == 0 {
			return true
		}
		return t.ask(c, env, ops...)
	}
	for _, r := range t.results {
		if v, ok := r.Value.(zk.Settings); ok && r.Err == nil && len(v) > 0 {
			c.configured(r.Key, v)
		}
	}
	return true
}

// configured tells what is set for an entity.
func (c *Controller) configured(key zk.Key, v zk.Settings) {
	entity, name, _ := strings.Cut(key.Name, "/")
	c.tell(ConfigChanged{Entity: entity, Name: name, Values: v})
	if set, _ := v.Get("unclean.leader.election.enable"); entity == "topics" && set == "true" && c.active {
		c.ctl.enqueue(&bringOnline{topic: name})
	}
}

// followConfigs carries out the notifications that have come, and removes those that are old.
type followConfigs struct {
	phase int
	old   []zk.Op
}

func (f *followConfigs) step(c *Controller, t *thread, env nodes.Env) bool {
	f.phase++
	switch f.phase {
	case 1:
		return t.ask(c, env, zk.Op{Verb: zk.List, Key: zk.Key{Kind: zk.KindConfigChange}, Watch: true})
	case 2:
		return askAll(c, t, env, zk.KindConfigChange)
	case 3:
		var ops []zk.Op
		for _, r := range t.results {
			change, ok := r.Value.(zk.ConfigChange)
			if ok && r.Err == nil && r.Key.Name > c.lastChange {
				c.lastChange = r.Key.Name
				ops = append(ops, zk.Op{Verb: zk.Get, Key: zk.Key{Kind: zk.KindConfig, Name: string(change)}})
			}
			if r.Err == nil && env.Now().Sub(r.Created) > changeLife {
				f.old = append(f.old, zk.Op{Verb: zk.Delete, Key: r.Key, Version: -1})
			}
		}
		if t.results = nil; len(ops) == 0 {
			return t.call(&nothing{})
		}
		return t.ask(c, env, ops...)
	case 4:
		for _, r := range t.results {
			v, _ := r.Value.(zk.Settings)
			if r.Err == nil || errors.Is(r.Err, zk.ErrNoNode) {
				c.configured(r.Key, v)
			}
		}
		if len(f.old) > 0 {
			return t.ask(c, env, f.old...)
		}
	}
	return true
}

// alterConfigs changes settings: all of an entity's (AlterConfigs), or some (IncrementalAlterConfigs, KIP-339).
type alterConfigs struct {
	call        uint64
	full        *kmsg.AlterConfigsRequest
	incremental *kmsg.IncrementalAlterConfigsRequest
	phase       int
	list        []resource
}

// resource is an entity of a request.
type resource struct {
	kind    kmsg.ConfigResourceType
	name    string
	key     zk.Key
	changes []kmsg.IncrementalAlterConfigsRequestResourceConfig
	bad     *complaint
	value   zk.Settings
	there   bool // it has settings
	asked   int  // the first of its operations
}

func (o *alterConfigs) request() kmsg.Request {
	if o.full != nil {
		return o.full
	}
	return o.incremental
}

func (o *alterConfigs) refuse(c *Controller) {
	c.tell(Done{o.call, proto.Refusal(o.request(), proto.RequestTimedOut)})
}

func (o *alterConfigs) step(c *Controller, t *thread, env nodes.Env) bool {
	o.phase++
	switch o.phase {
	case 1:
		return o.read(c, t, env)
	case 2:
		for i := range o.list {
			o.judge(c, &o.list[i], t.results)
		}
		return o.write(c, t, env)
	}
	for i := range o.list {
		r := &o.list[i]
		if r.bad == nil && r.asked >= 0 && failed(t.results[r.asked:r.asked+2]) != nil {
			r.bad = &complaint{proto.RequestTimedOut, "it is not known whether the settings were changed"}
		}
	}
	o.answer(c)
	return true
}

// read asks for what is set, and whether the topics exist.
func (o *alterConfigs) read(c *Controller, t *thread, env nodes.Env) bool {
	o.collect()
	var ops []zk.Op
	for i := range o.list {
		r := &o.list[i]
		r.asked = len(ops)
		topic := zk.Key{Kind: zk.KindControllerEpoch}
		switch r.kind {
		case kmsg.ConfigResourceTypeTopic:
			r.key, topic = zk.ConfigKey("topics", r.name), zk.TopicKey(r.name)
			if err := validTopicName(r.name); err != nil {
				r.bad = &complaint{proto.InvalidTopicException, err.Error()}
				continue
			}
		case kmsg.ConfigResourceTypeBroker:
			name := r.name
			if name == "" {
				name = "<default>"
			} else if name != number(c.cfg.Broker) {
				r.bad = &complaint{proto.InvalidRequest, fmt.Sprintf("broker %d does not change the settings of broker %s", c.cfg.Broker, name)}
				continue
			}
			r.key = zk.ConfigKey("brokers", name)
		default:
			r.bad = &complaint{proto.InvalidRequest, "only topics and brokers have settings that can be changed so"}
			continue
		}
		ops = append(ops, zk.Op{Verb: zk.Get, Key: r.key}, zk.Op{Verb: zk.Exists, Key: topic})
	}
	if t.results = nil; len(ops) == 0 {
		return t.call(&nothing{})
	}
	return t.ask(c, env, ops...)
}

// collect makes one form of both requests.
func (o *alterConfigs) collect() {
	if o.incremental != nil {
		for _, r := range o.incremental.Resources {
			o.list = append(o.list, resource{kind: r.ResourceType, name: r.ResourceName, changes: r.Configs})
		}
		return
	}
	for _, r := range o.full.Resources {
		e := resource{kind: r.ResourceType, name: r.ResourceName}
		for _, s := range r.Configs {
			e.changes = append(e.changes, kmsg.IncrementalAlterConfigsRequestResourceConfig{Name: s.Name, Value: s.Value})
		}
		o.list = append(o.list, e)
	}
}

// judge computes what an entity's settings become.
func (o *alterConfigs) judge(c *Controller, r *resource, results []zk.Result) {
	if r.bad != nil {
		return
	}
	now, there := results[r.asked], results[r.asked+1]
	switch {
	case r.kind == kmsg.ConfigResourceTypeTopic && errors.Is(there.Err, zk.ErrNoNode):
		r.bad = &complaint{proto.UnknownTopicOrPartition, "there is no such topic"}
		return
	case now.Err != nil && !errors.Is(now.Err, zk.ErrNoNode):
		r.bad = &complaint{proto.UnknownServerError, now.Err.Error()}
		return
	}
	r.there = now.Err == nil
	if o.incremental != nil {
		r.value, _ = now.Value.(zk.Settings)
	}
	entity, _, _ := strings.Cut(r.key.Name, "/")
	for i, s := range r.changes {
		if slices.ContainsFunc(r.changes[:i], func(e kmsg.IncrementalAlterConfigsRequestResourceConfig) bool { return e.Name == s.Name }) {
			r.bad = &complaint{proto.InvalidRequest, "the request names configuration " + s.Name + " more than once"}
			return
		}
		if r.bad = r.change(s); r.bad != nil {
			return
		}
		if v, ok := r.value.Get(s.Name); ok {
			if err := c.cfg.Validate(entity, s.Name, v); err != nil {
				r.bad = &complaint{proto.InvalidConfig, err.Error()}
				return
			}
		}
	}
}

// change applies one change.
func (r *resource) change(s kmsg.IncrementalAlterConfigsRequestResourceConfig) *complaint {
	if s.Op == kmsg.IncrementalAlterConfigOpDelete {
		r.value = withoutSetting(r.value, s.Name)
		return nil
	}
	if s.Value == nil {
		return &complaint{proto.InvalidRequest, "configuration " + s.Name + " has no value"}
	}
	if s.Op == kmsg.IncrementalAlterConfigOpSet {
		r.value = withSetting(r.value, s.Name, *s.Value)
		return nil
	}
	if !isList(s.Name) {
		return &complaint{proto.InvalidConfig, "configuration " + s.Name + " is not a list"}
	}
	var list []string
	if was, _ := r.value.Get(s.Name); was != "" {
		list = strings.Split(was, ",")
	}
	for _, e := range strings.Split(*s.Value, ",") {
		switch i := slices.Index(list, e); {
		case s.Op == kmsg.IncrementalAlterConfigOpAppend && i < 0:
			list = append(list, e)
		case s.Op == kmsg.IncrementalAlterConfigOpSubtract && i >= 0:
			list = slices.Delete(list, i, i+1)
		}
	}
	r.value = withSetting(r.value, s.Name, strings.Join(list, ","))
	return nil
}

// write replaces the settings, and notifies all brokers.
func (o *alterConfigs) write(c *Controller, t *thread, env nodes.Env) bool {
	only := o.full != nil && o.full.ValidateOnly || o.incremental != nil && o.incremental.ValidateOnly
	var ops []zk.Op
	for i := range o.list {
		r := &o.list[i]
		if r.bad != nil || only {
			r.asked = -1
			continue
		}
		r.asked = len(ops)
		op := zk.Op{Verb: zk.Create, Key: r.key, Value: r.value}
		if r.there {
			op = zk.Op{Verb: zk.Set, Key: r.key, Value: r.value, Version: -1}
		}
		change := zk.Key{Kind: zk.KindConfigChange, Name: zk.ConfigChangePrefix}
		ops = append(ops, op, zk.Op{Verb: zk.Create, Key: change, Value: zk.ConfigChange(r.key.Name), Sequential: true})
	}
	if t.results = nil; len(ops) == 0 {
		return t.call(&nothing{})
	}
	return t.ask(c, env, ops...)
}

func (o *alterConfigs) answer(c *Controller) {
	full := kmsg.NewPtrAlterConfigsResponse()
	incremental := kmsg.NewPtrIncrementalAlterConfigsResponse()
	for _, r := range o.list {
		var code int16
		var text *string
		if r.bad != nil {
			code, text = int16(r.bad.code), kmsg.StringPtr(r.bad.text)
		}
		f := kmsg.NewAlterConfigsResponseResource()
		f.ErrorCode, f.ErrorMessage, f.ResourceType, f.ResourceName = code, text, r.kind, r.name
		full.Resources = append(full.Resources, f)
		e := kmsg.NewIncrementalAlterConfigsResponseResource()
		e.ErrorCode, e.ErrorMessage, e.ResourceType, e.ResourceName = code, text, r.kind, r.name
		incremental.Resources = append(incremental.Resources, e)
	}
	if o.full != nil {
		full.Version = o.full.Version
		c.tell(Done{o.call, full})
		return
	}
	incremental.Version = o.incremental.Version
	c.tell(Done{o.call, incremental})
}
