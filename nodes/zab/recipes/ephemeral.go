package recipes

import (
	"bytes"
	"time"

	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// plant creates an ephemeral node of a name that is the party's own. If there is one, it is of this session (then an answer was
// lost), or of an earlier one that the servers have not ended yet; that one is deleted, because it is going to vanish.
func (p *Party) plant(path string, data []byte, deadline time.Duration) error {
	for {
		d, err := p.again(client.Create(path, data, nil, proto.ModeEphemeral), deadline)
		if err != nil {
			return err
		}
		if d.Err != proto.CodeNodeExists {
			return failed(d)
		}
		// A server that lags may not show what the answer speaks of.
		if _, err := p.again(client.Sync(path), deadline); err != nil {
			return err
		}
		r, _, there, err := p.get(path, false, deadline)
		switch {
		case err != nil:
			return err
		case !there:
		case r.Stat.EphemeralOwner == p.S.Client().Session() && bytes.Equal(r.Data, data):
			return nil
		default:
			d, err := p.again(client.Delete(path, r.Stat.Version), deadline)
			if err == nil && d.Err != proto.CodeNoNode && d.Err != proto.CodeBadVersion {
				err = failed(d)
			}
			if err != nil {
				return err
			}
		}
	}
}
