package nodes

import "strconv"

// ID names a machine, for as long as the cluster exists: "n1". A restart keeps
// the ID and begins a new incarnation.
type ID string

// Addr is where a connection is dialled to: a machine and one of its ports.
type Addr struct {
	ID   ID
	Port int
}

// String prints the address as "n1:2181".
func (a Addr) String() string { return string(a.ID) + ":" + strconv.Itoa(a.Port) }

// Tag names a timer, a sync of the disk or a stage, within one node. N
// tells apart the many of one name (a slot, a sequence number); it is 0 where
// there is only one.
type Tag struct {
	Name string
	N    uint64
}

// String prints the tag as "election", or "resend#12" where N is not 0.
func (t Tag) String() string {
	if t.N == 0 {
		return t.Name
	}
	return t.Name + "#" + strconv.FormatUint(t.N, 10)
}
