package group

import (
	"bytes"
	"encoding/binary"
	"fmt"

	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/log"
)

// The versions of the records that are written: those of 2.4.
const (
	offsetKeyVersion   = 1
	groupKeyVersion    = 2
	offsetValueVersion = 3 // with the leader epoch (KIP-320)
	groupValueVersion  = 3 // with the instance id (KIP-345)
	oldValueVersion    = 1 // of both, before 2.1; and of offsets that carry an expiry of their own
)

// The largest versions that are read. 4 is the flexible encoding of later brokers.
const (
	maxOffsetValueVersion = 4
	maxGroupValueVersion  = 4
)

// none stands for a time, an offset or an expiry that there is not.
const none = int64(-1)

// committed is how far a group has read a partition.
type committed struct {
	offset   int64
	epoch    int32 // of the record before, -1 if the client did not say (KIP-320)
	metadata string
	ms       int64 // when it was committed
	expires  int64 // when it goes, in milliseconds; none is the default of the broker
	at       int64 // the offset of the record in OffsetsTopic; none while it is on its way
}

// key is what a record of OffsetsTopic is about: a group, or how far it has read a partition.
type key struct {
	group  string
	offset bool // of tp; else the group itself
	tp     log.TopicPartition
}

func (k key) append(dst []byte) []byte {
	if !k.offset {
		v := kmsg.NewGroupMetadataKey()
		v.Version, v.Group = groupKeyVersion, k.group
		return v.AppendTo(dst)
	}
	v := kmsg.NewOffsetCommitKey()
	v.Version, v.Group, v.Topic, v.Partition = offsetKeyVersion, k.group, k.tp.Topic, k.tp.Partition
	return v.AppendTo(dst)
}

// readKey reads a record's key. ok is false for a version that a later broker may have written, which is passed over.
func readKey(p []byte) (k key, ok bool, err error) {
	if len(p) < 2 {
		return key{}, false, fmt.Errorf("group: a key of %d bytes", len(p))
	}
	switch version := int16(binary.BigEndian.Uint16(p)); {
	case version == 0 || version == offsetKeyVersion:
		v := kmsg.NewOffsetCommitKey()
		if err := v.ReadFrom(p); err != nil {
			return key{}, false, fmt.Errorf("group: the key of an offset: %w", err)
		}
		return key{v.Group, true, log.TopicPartition{Topic: v.Topic, Partition: v.Partition}}, true, nil
	case version == groupKeyVersion:
		v := kmsg.NewGroupMetadataKey()
		if err := v.ReadFrom(p); err != nil {
			return key{}, false, fmt.Errorf("group: the key of a group: %w", err)
		}
		return key{group: v.Group}, true, nil
	}
	return key{}, false, nil
}

// append appends the value to dst. An expiry has a place only in the old version.
func (v committed) append(dst []byte, old bool) []byte {
	o := kmsg.NewOffsetCommitValue()
	o.Version = offsetValueVersion
	if old || v.expires != none {
		o.Version = oldValueVersion
	}
	o.Offset, o.LeaderEpoch, o.Metadata, o.CommitTimestamp, o.ExpireTimestamp = v.offset, v.epoch, v.metadata, v.ms, v.expires
	return o.AppendTo(dst)
}

// readCommitted reads the value of an offset's record.
func readCommitted(p []byte, q Quirks) (committed, error) {
	if err := checkVersion(p, maxOffsetValueVersion); err != nil {
		return committed{}, err
	}
	o := kmsg.NewOffsetCommitValue()
	if err := o.ReadFrom(p); err != nil {
		return committed{}, fmt.Errorf("group: the value of an offset: %w", err)
	}
	v := committed{offset: o.Offset, epoch: -1, metadata: o.Metadata, ms: o.CommitTimestamp, expires: none, at: none}
	if o.Version >= offsetValueVersion {
		v.epoch = o.LeaderEpoch
	}
	if o.Version == oldValueVersion {
		v.expires = o.ExpireTimestamp
		if q.ExpireMinusOne && v.expires == none {
			v.expires = 0 // KAFKA-8069: a time that has long passed
		}
	}
	return v, nil
}

// checkVersion refuses a value whose version is not between 0 and largest.
func checkVersion(p []byte, largest int16) error {
	if len(p) < 2 {
		return fmt.Errorf("group: a value of %d bytes", len(p))
	}
	if v := int16(binary.BigEndian.Uint16(p)); v < 0 || v > largest {
		return fmt.Errorf("group: a value of version %d; up to %d are known", v, largest)
	}
	return nil
}

// stored is a group as its record has it.
type stored struct {
	protocolType string
	generation   int32
	protocol     string
	leader       string // member id
	since        int64  // when its state began, in milliseconds; none before 2.1
	members      []storedMember
}

// storedMember is a member as the record of its group has it.
type storedMember struct {
	id, instance, clientID, host string
	static                       bool // it has an instance
	rebalance, session           int32
	subscription, assignment     []byte
}

func (s stored) append(dst []byte, old bool) []byte {
	v := kmsg.NewGroupMetadataValue()
	v.Version = groupValueVersion
	if old {
		v.Version = oldValueVersion
	}
	v.ProtocolType, v.Generation, v.CurrentStateTimestamp = s.protocolType, s.generation, s.since
	if len(s.members) > 0 {
		v.Protocol, v.Leader = &s.protocol, &s.leader
	}
	for _, m := range s.members {
		w := kmsg.NewGroupMetadataValueMember()
		w.MemberID, w.ClientID, w.ClientHost = m.id, m.clientID, m.host
		if m.static {
			w.InstanceID = &m.instance
		}
		w.RebalanceTimeoutMillis, w.SessionTimeoutMillis = m.rebalance, m.session
		w.Subscription, w.Assignment = m.subscription, m.assignment
		v.Members = append(v.Members, w)
	}
	return v.AppendTo(dst)
}

// readStored reads the value of a group's record.
func readStored(p []byte) (stored, error) {
	if err := checkVersion(p, maxGroupValueVersion); err != nil {
		return stored{}, err
	}
	v := kmsg.NewGroupMetadataValue()
	if err := v.ReadFrom(p); err != nil {
		return stored{}, fmt.Errorf("group: the value of a group: %w", err)
	}
	s := stored{protocolType: v.ProtocolType, generation: v.Generation, since: none}
	if v.Version >= 2 {
		s.since = v.CurrentStateTimestamp
	}
	s.protocol, s.leader = text(v.Protocol), text(v.Leader)
	for _, w := range v.Members {
		m := storedMember{id: w.MemberID, clientID: w.ClientID, host: w.ClientHost, rebalance: w.RebalanceTimeoutMillis, session: w.SessionTimeoutMillis,
			instance: text(w.InstanceID), static: w.InstanceID != nil, subscription: bytes.Clone(w.Subscription), assignment: bytes.Clone(w.Assignment)}
		if v.Version == 0 { // which knew only the one time-out
			m.rebalance = m.session
		}
		s.members = append(s.members, m)
	}
	return s, nil
}

// text is the string that p points at, "" for none.
func text(p *string) string {
	if p == nil {
		return ""
	}
	return *p
}
