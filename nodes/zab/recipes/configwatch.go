package recipes

import (
	"errors"
	"slices"
	"time"

	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// ConfigQuirks are wrong forms of a watched configuration that are met in programs.
type ConfigQuirks struct {
	// WatchAfter reads, puts into force what it has read, and then leaves the watch with another request: an update between the
	// two goes unnoticed.
	WatchAfter bool
	// NotReread does not read again when a session has expired and a new one has begun: the watches were those of the old one.
	NotReread bool
	// CountsUpdates takes one event for one update. Updates that come in quick succession, or while the connection is lost, are one event.
	CountsUpdates bool
	// BlindWrite writes without the version that was read, over what others have written since.
	BlindWrite bool
}

// Settings is a configuration in the node Path, as one party sees it. Of several updates in succession it may see the last only.
type Settings struct {
	Party
	Path   string
	Quirks ConfigQuirks

	Data     []byte // as it was last read
	Version  int32  // how often it has been written; by CountsUpdates, what was counted
	Zxid     int64  // of the last write that was seen
	Known    bool   // it was read at all
	Notified int    // events
	Jumps    int    // reads that had skipped a version

	session int64
	armed   bool
}

// Follow keeps the configuration up to date for patience.
func (c *Settings) Follow(patience time.Duration) error {
	deadline := c.deadline(patience)
	for c.T.Monotonic() < deadline {
		if c.S.Client().State().Over() {
			return ErrSession
		}
		if s := c.S.Client().Session(); c.session != s && !(c.Quirks.NotReread && c.Known) {
			c.armed, c.session = false, s
		}
		if !c.armed {
			if err := c.read(deadline); errors.Is(err, ErrTimeout) {
				return nil
			} else if err != nil {
				return err
			}
		}
		w, ok := c.S.Watched(deadline - c.T.Monotonic())
		if ok && w.Path == c.Path {
			c.Notified++
			c.armed = false
		}
	}
	return nil
}

// Begin tells that a new session is in place of the old one.
func (c *Settings) Begin(p Party) { c.Party = p }

// read reads the configuration and leaves a watch, in one request: so no update can come between. A node that is not there is
// watched for.
func (c *Settings) read(deadline time.Duration) error {
	counted := c.Known && c.Quirks.CountsUpdates && c.session == c.S.Client().Session()
	for {
		r, _, there, err := c.get(c.Path, !c.Quirks.WatchAfter, deadline)
		if err != nil {
			return err
		}
		if there {
			c.take(r, counted)
		}
		if there && c.Quirks.WatchAfter {
			c.S.Sleep(2 * pause) // what was read is put into force first
		}
		if !there || c.Quirks.WatchAfter {
			_, _, now, err := c.exists(c.Path, true, deadline)
			if err != nil {
				return err
			}
			if now && !there {
				continue
			}
		}
		c.armed, c.session = true, c.S.Client().Session()
		return nil
	}
}

// take takes over what was read.
func (c *Settings) take(r *proto.GetDataResponse, counted bool) {
	if c.Known && r.Stat.Version > c.Version+1 {
		c.Jumps++
	}
	c.Data, c.Zxid = slices.Clone(r.Data), r.Stat.Mzxid
	if c.Version++; !counted {
		c.Version = r.Stat.Version
	}
	c.Known = true
}

// Update writes the configuration that change makes of the present one. It returns the version that it made, and ErrUnknown if
// nobody knows whether it was written.
func (c *Settings) Update(change func([]byte) []byte, patience time.Duration) (version int32, err error) {
	deadline := c.deadline(patience)
	if err := c.ensure(c.Path, nil, deadline); err != nil {
		return 0, err
	}
	for {
		r, _, there, err := c.get(c.Path, false, deadline)
		if err != nil || !there {
			return 0, errors.Join(err, ErrUnknown)
		}
		v := r.Stat.Version
		if c.Quirks.BlindWrite {
			v = -1
		}
		d := c.S.Do(client.Set(c.Path, change(slices.Clone(r.Data)), v))
		if d.Err == proto.CodeBadVersion && c.T.Monotonic() < deadline {
			continue
		}
		if err := failed(d); err != nil {
			return 0, err
		}
		return d.Response.(*proto.SetDataResponse).Stat.Version, nil
	}
}
