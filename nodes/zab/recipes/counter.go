package recipes

import (
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// CounterQuirks are wrong forms of a counter that are met in programs.
type CounterQuirks struct {
	// BlindWrite writes whatever the version is by then, and so loses what others have added since the read.
	BlindWrite bool
	// NoToken tries again after a CONNECTIONLOSS without a look whether the first attempt was carried out, and so adds twice
	// (ZooKeeper, Error Handling in Recipes).
	NoToken bool
}

// Counter is a number in the node Path, which is made if it is missing.
//
// An addition is a write of the version that was read: a version never comes again unless the node is deleted and made anew. With the
// number stands the last addition of each party, so that a party that has lost an answer can read what became of it.
type Counter struct {
	Party
	Path   string
	Quirks CounterQuirks
}

// counted is what the node holds. The map is only indexed, and encoded in the order of its keys.
type counted struct {
	Value int64             `json:"value"`
	Last  map[string]string `json:"last"`
}

// Add adds to the counter, once. It returns ErrUnknown if patience or the session ended before it was known whether it was done;
// after any other error it was not.
func (c *Counter) Add(n int64, patience time.Duration) error {
	deadline := c.deadline(patience)
	if err := c.ensure(c.Path, []byte("{}"), deadline); err != nil {
		return err
	}
	token := fmt.Sprintf("%016x", c.T.Rand().Uint64())
	asked := false // whether an attempt is open
	give := func(err error) error {
		if asked {
			return fmt.Errorf("%w (%w)", ErrUnknown, err)
		}
		return err
	}
	for c.T.Monotonic() < deadline {
		r, _, ok, err := c.get(c.Path, false, deadline)
		if err != nil {
			return give(err)
		}
		var v counted
		if !ok || json.Unmarshal(r.Data, &v) != nil {
			return give(fmt.Errorf("recipes: %s holds no counter", c.Path))
		}
		if v.Last[c.Name] == token && !c.Quirks.NoToken {
			return nil
		}
		if v.Last == nil {
			v.Last = map[string]string{}
		}
		v.Value, v.Last[c.Name] = v.Value+n, token
		data, err := json.Marshal(v)
		if err != nil {
			return give(err)
		}
		version := r.Stat.Version
		if c.Quirks.BlindWrite {
			version = -1
		}
		d := c.S.Do(client.Set(c.Path, data, version))
		if d.Err == proto.CodeBadVersion {
			continue // somebody was faster; and an open attempt of our own is now either there to be read, or can never be
		}
		switch err := failed(d); {
		case err == nil:
			return nil
		case !errors.Is(err, ErrUnknown):
			return give(err)
		}
		asked = true
		c.S.Sleep(pause)
	}
	return give(ErrTimeout)
}

// Value reads the counter, as of a zxid. It sees all that was acknowledged before the call: what it has read it writes once more,
// and that succeeds only if nobody has added in between. (A sync before the read would not do: a leader that has been deposed and
// does not know it answers syncs too, ZOOKEEPER-1675.)
func (c *Counter) Value(patience time.Duration) (value, zxid int64, err error) {
	deadline := c.deadline(patience)
	if err := c.ensure(c.Path, []byte("{}"), deadline); err != nil {
		return 0, 0, err
	}
	for c.T.Monotonic() < deadline {
		r, _, ok, err := c.get(c.Path, false, deadline)
		if err != nil {
			return 0, 0, err
		}
		if !ok {
			c.S.Sleep(pause)
			continue // this server lags
		}
		d, err := c.again(client.Set(c.Path, r.Data, r.Stat.Version), deadline)
		if err != nil {
			return 0, 0, err
		}
		if d.Err == proto.CodeBadVersion {
			continue
		}
		var v counted
		if err := errors.Join(failed(d), json.Unmarshal(r.Data, &v)); err != nil {
			return 0, 0, err
		}
		return v.Value, d.Zxid, nil
	}
	return 0, 0, ErrTimeout
}
