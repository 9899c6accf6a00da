package config

import (
	"maps"
	"slices"
	"strings"
)

// Source is where a value comes from, as DescribeConfigs counts it.
type Source int8

// The sources that there are.
const (
	FromTopic   Source = 1 // DYNAMIC_TOPIC_CONFIG
	FromFile    Source = 4 // STATIC_BROKER_CONFIG
	FromDefault Source = 5 // DEFAULT_CONFIG
)

// Entry is one line of what DescribeConfigs answers.
type Entry struct {
	Name      string
	Value     *string // nil is no value
	Source    Source
	ReadOnly  bool // it cannot be changed while the broker runs
	Sensitive bool // the value is not shown
	Type      int8 // as KIP-569 counts: 1 is a boolean, 2 a string, 3 an int, 4 a short, 5 a long, 6 a double, 7 a list
	// Synonyms are the places that were looked at, the one that counts first.
	Synonyms []Synonym
}

// Synonym is a value that would count if those before it were not there.
type Synonym struct {
	Name   string
	Value  *string
	Source Source
}

// DescribeBroker lists the broker's configuration, by key.
func (c *Config) DescribeBroker() []Entry {
	var all []Entry
	for _, k := range keys {
		e := Entry{Name: k.name, Source: FromDefault, ReadOnly: true, Sensitive: sensitive(k.name), Type: int8(k.kind)}
		if given, ok := c.values[k.name]; ok {
			e.Source = FromFile
			e.add(k.name, &given, FromFile)
		}
		if k.def != "" {
			e.add(k.name, &k.def, FromDefault)
		}
		e.settle()
		all = append(all, e)
	}
	for _, name := range slices.Sorted(maps.Keys(c.values)) {
		if text := c.values[name]; byName(name) == nil {
			e := Entry{Name: name, Source: FromFile, ReadOnly: true, Sensitive: true, Type: int8(kindString)}
			e.add(name, &text, FromFile)
			e.settle()
			all = append(all, e)
		}
	}
	slices.SortFunc(all, func(a, b Entry) int { return strings.Compare(a.Name, b.Name) })
	return all
}

// DescribeTopic lists the configuration of a topic with these values of its own, by key.
func (c *Config) DescribeTopic(own map[string]string) []Entry {
	var all []Entry
	for _, k := range topicKeys {
		e := Entry{Name: k.name, Source: FromDefault, Type: int8(k.kind)}
		if given, ok := own[k.name]; ok {
			e.add(k.name, &given, FromTopic)
		}
		inherited := c.topics.text[k.name]
		if from := c.topics.source[k.name]; from != "" {
			given := c.values[from]
			e.add(from, &given, FromFile)
		}
		if k.broker != "" {
			def := k.def
			e.add(k.broker, &def, FromDefault)
		}
		e.settle()
		if _, ok := own[k.name]; !ok {
			e.Value = &inherited
		}
		all = append(all, e)
	}
	return all
}

func (e *Entry) add(name string, text *string, from Source) {
	if e.Sensitive {
		text = nil
	}
	e.Synonyms = append(e.Synonyms, Synonym{name, text, from})
}

// settle makes the first place the one that counts.
func (e *Entry) settle() {
	if len(e.Synonyms) > 0 {
		e.Value, e.Source = e.Synonyms[0].Value, e.Synonyms[0].Source
	}
}

// sensitive tells that a value is a secret.
func sensitive(name string) bool {
	return strings.HasSuffix(name, ".password") || strings.HasSuffix(name, ".secret") || strings.HasSuffix(name, "master.key")
}
