package log

import (
	"encoding/base64"
	"errors"
	"io/fs"

	"orrery/nodes"
	"orrery/nodes/internal/properties"
	"orrery/nodes/kafka/record"
)

// inconsistentTopicID is INCONSISTENT_TOPIC_ID.
const inconsistentTopicID record.Code = 103

// TopicID tells apart two topics of one name, of which the first was deleted (KIP-516). The zero value is none.
type TopicID [16]byte

// String is the id as Kafka writes it: base64 for URLs, 22 characters.
func (id TopicID) String() string { return base64.RawURLEncoding.EncodeToString(id[:]) }

// TopicID is the id in the partition's partition.metadata, the zero value if it has none.
func (l *Log) TopicID() TopicID { return l.topicID }

// SetTopicID writes the partition's partition.metadata, unless it has the id already. It is durable some time later; until then a
// loss of power leaves the partition without one. The error is INCONSISTENT_TOPIC_ID if the partition has another: it is a
// topic's that was deleted, and must not be taken for this one; or the disk's.
func (l *Log) SetTopicID(d nodes.Disk, id TopicID) error {
	switch {
	case id == l.topicID || id == TopicID{}:
		return nil
	case l.topicID != TopicID{}:
		return refuse(inconsistentTopicID, "log: %v is of topic id %v, not %v", l.tp, l.topicID, id)
	}
	l.topicID = id
	l.busy++
	name := l.dir + "/" + metadataFile
	return l.m.start(d,
		step{do: doWrite, name: name + tmpExt, data: []byte("version: 0\ntopic_id: " + id.String() + "\n")},
		step{do: doSync, name: name + tmpExt},
		step{do: doRename, name: name + tmpExt, to: name},
		step{do: doSyncDir, name: l.dir},
		step{do: doRelease, log: l})
}

// openTopicID reads the partition's partition.metadata, if there is one.
func (l *Log) openTopicID(d nodes.Disk) error {
	name := l.dir + "/" + metadataFile
	p, err := d.ReadFile(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	id, ok := decodeTopicID(p)
	if !ok {
		return &CorruptError{File: name, Why: "it is not \"version: 0\" and \"topic_id: \" with 22 characters of base64"}
	}
	l.topicID = id
	return nil
}

func decodeTopicID(p []byte) (id TopicID, ok bool) {
	seen := map[string]string{}
	for _, e := range properties.Read(p) {
		seen[e.Key] = e.Value
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(seen["topic_id"])
	if seen["version"] != "0" || err != nil || len(raw) != len(id) || len(seen) != 2 {
		return id, false
	}
	copy(id[:], raw)
	return id, true
}
