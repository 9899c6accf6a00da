package client

import (
	"cmp"
	"slices"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// Resource is what has a configuration.
type Resource struct {
	kind kmsg.ConfigResourceType
	name string
	id   int32 // of a broker
}

// TopicResource is a topic's configuration.
func TopicResource(name string) Resource {
	return Resource{kind: kmsg.ConfigResourceTypeTopic, name: name, id: -1}
}

// BrokerResource is a broker's configuration. name is its id in digits.
func BrokerResource(id int32, name string) Resource {
	return Resource{kind: kmsg.ConfigResourceTypeBroker, name: name, id: id}
}

// ask sends a request about a resource to the broker that it is, else to any.
func (c *Cluster) ask(t *task.T, r Resource, req kmsg.Request) (kmsg.Response, error) {
	if r.kind != kmsg.ConfigResourceTypeBroker {
		return c.Any(t, req, 0)
	}
	if _, known := c.broker(r.id); !known {
		if err := c.Refresh(t); err != nil {
			return nil, err
		}
	}
	return c.Do(t, r.id, req, 0)
}

// Configs is the configuration of a resource, by name.
func (c *Cluster) Configs(t *task.T, r Resource) ([]Setting, error) {
	req := kmsg.NewPtrDescribeConfigsRequest()
	rr := kmsg.NewDescribeConfigsRequestResource()
	rr.ResourceType, rr.ResourceName, rr.ConfigNames = r.kind, r.name, nil
	req.Resources = append(req.Resources, rr)
	resp, err := c.ask(t, r, req)
	if err != nil {
		return nil, err
	}
	d := resp.(*kmsg.DescribeConfigsResponse)
	if len(d.Resources) == 0 {
		return nil, &CodeError{Code: proto.UnknownServerError}
	}
	if err := verdict(d.Resources[0].ErrorCode, d.Resources[0].ErrorMessage); err != nil {
		return nil, err
	}
	var settings []Setting
	for _, entry := range d.Resources[0].Configs {
		s := Setting{Name: entry.Name, Default: entry.IsDefault || entry.Source == kmsg.ConfigSourceDefaultConfig || entry.Source == kmsg.ConfigSourceStaticBrokerConfig}
		if entry.Value != nil {
			s.Value = *entry.Value
		}
		settings = append(settings, s)
	}
	slices.SortFunc(settings, func(a, b Setting) int { return cmp.Compare(a.Name, b.Name) })
	return settings, nil
}

// Configure changes some entries of a resource's configuration (KIP-339): set gives them values, unset their defaults.
func (c *Cluster) Configure(t *task.T, r Resource, set []Setting, unset []string) error {
	req := kmsg.NewPtrIncrementalAlterConfigsRequest()
	rr := kmsg.NewIncrementalAlterConfigsRequestResource()
	rr.ResourceType, rr.ResourceName = r.kind, r.name
	for _, s := range set {
		rc := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		rc.Name, rc.Op, rc.Value = s.Name, kmsg.IncrementalAlterConfigOpSet, kmsg.StringPtr(s.Value)
		rr.Configs = append(rr.Configs, rc)
	}
	for _, name := range unset {
		rc := kmsg.NewIncrementalAlterConfigsRequestResourceConfig()
		rc.Name, rc.Op = name, kmsg.IncrementalAlterConfigOpDelete
		rr.Configs = append(rr.Configs, rc)
	}
	req.Resources = append(req.Resources, rr)
	resp, err := c.ask(t, r, req)
	if err != nil {
		return err
	}
	a := resp.(*kmsg.IncrementalAlterConfigsResponse)
	if len(a.Resources) == 0 {
		return &CodeError{Code: proto.UnknownServerError}
	}
	return verdict(a.Resources[0].ErrorCode, a.Resources[0].ErrorMessage)
}
