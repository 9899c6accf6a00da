package proto

import "fmt"

// Xids that are no request's number.
const (
	XidNotification int32 = -1 // of a reply: a WatcherEvent
	XidPing         int32 = -2
	XidAuth         int32 = -4
	XidSetWatches   int32 = -8
)

// What an ACL may permit, to be or-ed.
const (
	PermRead   int32 = 1 << iota // getData, getChildren
	PermWrite                    // setData
	PermCreate                   // of children
	PermDelete                   // of children
	PermAdmin                    // setACL
	PermAll    = PermRead | PermWrite | PermCreate | PermDelete | PermAdmin
)

// PermString prints permissions as the command line of ZooKeeper does: "cdrwa".
func PermString(perms int32) string {
	b := make([]byte, 0, 5)
	for _, p := range []struct {
		perm   int32
		letter byte
	}{{PermCreate, 'c'}, {PermDelete, 'd'}, {PermRead, 'r'}, {PermWrite, 'w'}, {PermAdmin, 'a'}} {
		if perms&p.perm != 0 {
			b = append(b, p.letter)
		}
	}
	return string(b)
}

// What the files begin with, and what versions there are.
const (
	LogMagic        int32 = 0x5a4b4c47 // "ZKLG"
	SnapMagic       int32 = 0x5a4b534e // "ZKSN"
	FileVersion     int32 = 2          // of both
	LogDBID         int64 = 0
	SnapDBID        int64 = -1
	LearnerProtocol int32 = 0x10000 // in LearnerInfo, and the data of a LeaderInfo
	DigestVersion   int32 = 2       // of TxnDigest and ZxidDigest, as ZooKeeper has it since 3.6
)

// SnapSignature is the string behind a snapshot that a leader sends.
const SnapSignature = "BenWasHere"

// OpenACLUnsafeID stands in snapshots for the ACL that lets everybody do everything. The table
// of ACLs does not hold it.
const OpenACLUnsafeID int64 = -1

// MakeZxid makes the zxid of a transaction: the counter-th of its epoch.
func MakeZxid(epoch int64, counter uint32) int64 { return epoch<<32 | int64(counter) }

// Epoch is the epoch of a zxid.
func Epoch(zxid int64) int64 { return zxid >> 32 }

// Counter is the number of a transaction in its epoch. 0 is no transaction, but the
// beginning of the epoch.
func Counter(zxid int64) uint32 { return uint32(zxid) }

// ZxidString prints a zxid as ZooKeeper does, "0x100000002".
func ZxidString(zxid int64) string { return fmt.Sprintf("%#x", uint64(zxid)) }

// Valid tells whether there is such a mode.
func (m CreateMode) Valid() bool {
	return ModePersistent <= m && m <= ModePersistentSequentialWithTTL
}

// IsEphemeral tells whether the node ends with its session.
func (m CreateMode) IsEphemeral() bool {
	return m == ModeEphemeral || m == ModeEphemeralSequential
}

// IsSequential tells whether the path gets a number.
func (m CreateMode) IsSequential() bool {
	return m == ModePersistentSequential || m == ModeEphemeralSequential || m == ModePersistentSequentialWithTTL
}

// IsTTL tells whether the node is deleted when it was unused for a time.
func (m CreateMode) IsTTL() bool {
	return m == ModePersistentWithTTL || m == ModePersistentSequentialWithTTL
}
