package recipes

import (
	"errors"
	"fmt"
	"time"

	"orrery/nodes/task"
	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// Party is one participant of a recipe: a task, its session, and the name that it goes by among the others.
type Party struct {
	T    *task.T
	S    *client.Session
	Name string
}

var (
	// ErrTimeout tells that what was waited for did not come in time. Nothing of it is left behind.
	ErrTimeout = errors.New("recipes: not in time")
	// ErrSession tells that the session is over: what it held is lost, and a new one is needed.
	ErrSession = errors.New("recipes: the session is over")
	// ErrUnknown tells that nobody knows whether it was done.
	ErrUnknown = errors.New("recipes: the connection was lost, and it may have been done")
)

// CodeError is an answer of the servers that a recipe has no use for.
type CodeError struct {
	Op   string
	Code proto.ErrCode
}

// Error implements error.
func (e *CodeError) Error() string { return fmt.Sprintf("recipes: %s: %v", e.Op, e.Code) }

// failed is the error of a request that has ended with a code.
func failed(d client.Done) error {
	switch d.Err {
	case proto.CodeOK:
		return nil
	case proto.CodeConnectionLoss, proto.CodeSessionMoved: // after the latter a server ends the connection
		return ErrUnknown
	case proto.CodeSessionExpired, proto.CodeAuthFailed:
		return ErrSession
	}
	return &CodeError{d.Op.Type.String(), d.Err}
}

// deadline is the moment until which a call with that patience tries, on this machine's monotonic clock.
func (p *Party) deadline(patience time.Duration) time.Duration { return p.T.Monotonic() + patience }

// pause is how long a call waits after a connection was lost, before it asks again.
const pause = 10 * time.Millisecond

// again makes a request that may be carried out twice without harm, until it is answered or the deadline has passed. The error is
// ErrTimeout or ErrSession; other codes are the caller's.
func (p *Party) again(op client.Op, deadline time.Duration) (client.Done, error) {
	for {
		d := p.S.Do(op)
		switch err := failed(d); {
		case errors.Is(err, ErrSession):
			return d, err
		case !errors.Is(err, ErrUnknown):
			return d, nil
		case p.T.Monotonic() >= deadline:
			return d, ErrTimeout
		}
		p.S.Sleep(pause)
	}
}

// ensure makes a node that stays, unless it is there.
func (p *Party) ensure(path string, data []byte, deadline time.Duration) error {
	d, err := p.again(client.Create(path, data, nil, proto.ModePersistent), deadline)
	if err != nil || d.Err == proto.CodeNodeExists {
		return err
	}
	return failed(d)
}

// children lists a node, and tells as of which zxid.
func (p *Party) children(path string, watch bool, deadline time.Duration) (names []string, zxid int64, err error) {
	d, err := p.again(client.Children(path, watch), deadline)
	if err == nil {
		err = failed(d)
	}
	if err != nil {
		return nil, 0, err
	}
	return d.Response.(*proto.GetChildren2Response).Children, d.Zxid, nil
}

// get reads a node. ok is false if there is none.
func (p *Party) get(path string, watch bool, deadline time.Duration) (r *proto.GetDataResponse, zxid int64, ok bool, err error) {
	d, err := p.again(client.Get(path, watch), deadline)
	switch {
	case err != nil:
		return nil, 0, false, err
	case d.Err == proto.CodeNoNode:
		return nil, d.Zxid, false, nil
	case d.Err != proto.CodeOK:
		return nil, 0, false, failed(d)
	}
	return d.Response.(*proto.GetDataResponse), d.Zxid, true, nil
}

// exists tells whether there is a node, and leaves a watch if asked to.
func (p *Party) exists(path string, watch bool, deadline time.Duration) (st proto.Stat, zxid int64, ok bool, err error) {
	d, err := p.again(client.Exists(path, watch), deadline)
	switch {
	case err != nil:
		return st, 0, false, err
	case d.Err == proto.CodeNoNode:
		return st, d.Zxid, false, nil
	case d.Err != proto.CodeOK:
		return st, 0, false, failed(d)
	}
	return d.Response.(*proto.ExistsResponse).Stat, d.Zxid, true, nil
}

// remove deletes a node, whatever it takes: it returns once the node is gone, be it with the session.
func (p *Party) remove(path string) {
	_, _ = p.again(client.Delete(path, -1), task.Forever)
}

// waitFor waits for an event of a path until the deadline. It is false if none came: the time is up, or the session is over.
// What other watches have to say is dropped: who has left them is no longer waiting.
func (p *Party) waitFor(path string, deadline time.Duration) (client.Watched, bool) {
	for {
		w, ok := p.S.Watched(deadline - p.T.Monotonic())
		if !ok || w.Path == path {
			return w, ok
		}
	}
}

// late is the error of a wait that nothing ended.
func (p *Party) late() error {
	if p.S.Client().State().Over() {
		return ErrSession
	}
	return ErrTimeout
}
