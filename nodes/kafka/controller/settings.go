package controller

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// setting is what a topic's setting may be.
type setting struct {
	kind     byte // l: integer of at least min, b: boolean, r: ratio from 0 to 1, o: one of words, w: a list of words, t: any text
	min, max int64
	words    string
}

const most = 1<<63 - 1

// topicSettings are those that Kafka 2.4 knows (LogConfig).
var topicSettings = map[string]setting{
	"cleanup.policy":                          {kind: 'w', words: "compact,delete"},
	"compression.type":                        {kind: 'o', words: "uncompressed,zstd,lz4,snappy,gzip,producer"},
	"delete.retention.ms":                     {kind: 'l', max: most},
	"file.delete.delay.ms":                    {kind: 'l', max: most},
	"flush.messages":                          {kind: 'l', min: 0, max: most},
	"flush.ms":                                {kind: 'l', max: most},
	"follower.replication.throttled.replicas": {kind: 't'},
	"index.interval.bytes":                    {kind: 'l', max: 1<<31 - 1},
	"leader.replication.throttled.replicas":   {kind: 't'},
	"max.compaction.lag.ms":                   {kind: 'l', min: 1, max: most},
	"max.message.bytes":                       {kind: 'l', max: 1<<31 - 1},
	"message.downconversion.enable":           {kind: 'b'},
	"message.format.version":                  {kind: 't'},
	"message.timestamp.difference.max.ms":     {kind: 'l', max: most},
	"message.timestamp.type":                  {kind: 'o', words: "CreateTime,LogAppendTime"},
	"min.cleanable.dirty.ratio":               {kind: 'r'},
	"min.compaction.lag.ms":                   {kind: 'l', max: most},
	"min.insync.replicas":                     {kind: 'l', min: 1, max: 1<<31 - 1},
	"preallocate":                             {kind: 'b'},
	"retention.bytes":                         {kind: 'l', min: -1 << 63, max: most},
	"retention.ms":                            {kind: 'l', min: -1, max: most},
	"segment.bytes":                           {kind: 'l', min: 14, max: 1<<31 - 1},
	"segment.index.bytes":                     {kind: 'l', max: 1<<31 - 1},
	"segment.jitter.ms":                       {kind: 'l', max: most},
	"segment.ms":                              {kind: 'l', min: 1, max: most},
	"unclean.leader.election.enable":          {kind: 'b'},
}

// ValidateSetting refuses settings of topics ("topics") that Kafka 2.4 does not know, and values of the wrong sort. What is set
// for others is theirs to judge.
func ValidateSetting(entity, name, value string) error {
	if entity != "topics" {
		return nil
	}
	s, ok := topicSettings[name]
	if !ok {
		return fmt.Errorf("unknown topic config name: %s", name)
	}
	if !s.allows(strings.TrimSpace(value)) {
		return fmt.Errorf("invalid value %s for configuration %s", value, name)
	}
	return nil
}

func (s setting) allows(value string) bool {
	switch s.kind {
	case 'l':
		n, err := strconv.ParseInt(value, 10, 64)
		return err == nil && n >= s.min && n <= s.max
	case 'b':
		return strings.EqualFold(value, "true") || strings.EqualFold(value, "false")
	case 'r':
		whole, fraction, _ := strings.Cut(value, ".")
		return (whole == "0" || whole == "") && strings.Trim(fraction, "0123456789") == "" && whole+fraction != "" ||
			whole == "1" && strings.Trim(fraction, "0") == ""
	case 'o':
		return slices.Contains(strings.Split(s.words, ","), value)
	case 'w':
		for _, w := range strings.Split(value, ",") {
			if !slices.Contains(strings.Split(s.words, ","), strings.TrimSpace(w)) {
				return false
			}
		}
	}
	return true
}

// isList tells whether a setting takes APPEND and SUBTRACT.
func isList(name string) bool {
	return topicSettings[name].kind == 'w' || strings.HasSuffix(name, ".throttled.replicas") || name == "listeners" || name == "metric.reporters"
}

// topicNameMax is the length of the longest name of a topic.
const topicNameMax = 249

// validTopicName refuses names that no topic can have.
func validTopicName(name string) error {
	switch {
	case name == "":
		return fmt.Errorf("a topic's name is not empty")
	case name == "." || name == "..":
		return fmt.Errorf("a topic's name is not %q", name)
	case len(name) > topicNameMax:
		return fmt.Errorf("a topic's name has at most %d characters", topicNameMax)
	}
	for _, r := range name {
		if (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r) {
			return fmt.Errorf("a topic's name has only ASCII letters and digits, '.', '_' and '-': %q", name)
		}
	}
	return nil
}

// collides tells whether two names are the same for metrics, which know no periods.
func collides(a, b string) bool {
	return strings.ReplaceAll(a, ".", "_") == strings.ReplaceAll(b, ".", "_")
}
