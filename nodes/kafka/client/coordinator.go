package client

import (
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
	"orrery/nodes/task"
)

// coordinatorKey is a group or a transactional id.
type coordinatorKey struct {
	kind int8 // as FindCoordinator has it
	name string
}

const (
	ofGroup       int8 = 0
	ofTransaction int8 = 1
)

// coordinator is which broker a group or a transactional id belongs to.
type coordinator struct {
	broker  int32 // -1: not known
	looking bool  // a task is asking
	forgot  bool  // it was found to be wrong while a task was asking
	signal  task.Signal
}

// coordinatorOf finds the coordinator; of several tasks that need it one asks. The error is a *CodeError or a *LostError.
func (c *Cluster) coordinatorOf(t *task.T, kind int8, name string) (int32, error) {
	key := coordinatorKey{kind, name}
	co := c.coordinators[key]
	if co == nil {
		co = &coordinator{broker: -1}
		c.coordinators[key] = co
	}
	for co.looking {
		if !co.signal.Wait(t, c.config.RequestTimeout) {
			return -1, &LostError{Err: ErrTimeout}
		}
	}
	if co.broker >= 0 {
		return co.broker, nil
	}
	co.looking, co.forgot = true, false
	broker, err := c.find(t, kind, name)
	if co.forgot && err != nil && c.config.Quirks.StuckLookup {
		return -1, err // and whoever comes next waits for it
	}
	co.looking, co.broker = false, broker
	co.signal.Raise(t)
	return broker, err
}

// find asks any broker who the coordinator is.
func (c *Cluster) find(t *task.T, kind int8, name string) (int32, error) {
	r := kmsg.NewPtrFindCoordinatorRequest()
	r.CoordinatorType, r.CoordinatorKey = kind, name
	resp, err := c.Any(t, r, 0)
	if err != nil {
		return -1, err
	}
	f := resp.(*kmsg.FindCoordinatorResponse)
	if f.ErrorCode != 0 {
		return -1, codeError(f.ErrorCode)
	}
	if _, known := c.broker(f.NodeID); !known {
		if err := c.Refresh(t); err != nil {
			return -1, err
		}
	}
	return f.NodeID, nil
}

// forget says that the coordinator is not who it was taken for.
func (c *Cluster) forget(kind int8, name string) {
	if co := c.coordinators[coordinatorKey{kind, name}]; co != nil {
		co.broker, co.forgot = -1, true
	}
}

// coordinated sends a request to the coordinator of a group or a transactional id, once. The error is a *LostError, or a
// *CodeError with what code reads in the answer.
func (c *Cluster) coordinated(t *task.T, kind int8, name string, r kmsg.Request, code func(kmsg.Response) int16) (kmsg.Response, error) {
	return c.coordinatedOn(t, ordinary, kind, name, r, code)
}

// Coordinate sends a request to the coordinator of a group, once, for who takes part in the group's protocol by himself. The error is a
// *LostError, or a *CodeError with what code reads in the answer.
func (c *Cluster) Coordinate(t *task.T, group string, r kmsg.Request, code func(kmsg.Response) int16) (kmsg.Response, error) {
	return c.coordinated(t, ofGroup, group, r, code)
}

// coordinatedOn is coordinated through a connection of the caller's own.
func (c *Cluster) coordinatedOn(t *task.T, u use, kind int8, name string, r kmsg.Request, code func(kmsg.Response) int16) (kmsg.Response, error) {
	broker, err := c.coordinatorOf(t, kind, name)
	if err != nil {
		return nil, err
	}
	timeout := c.config.RequestTimeout
	if j, ok := r.(*kmsg.JoinGroupRequest); ok { // parked until the others have come
		timeout = max(timeout, ms(j.RebalanceTimeoutMillis)+c.config.RequestTimeout/6)
	}
	resp, err := c.start(t, broker, u, r, timeout, nil).Await(t)
	if err != nil {
		c.forget(kind, name)
		return nil, err
	}
	verdict := code(resp)
	switch proto.Code(verdict) {
	case proto.NotCoordinator, proto.CoordinatorNotAvailable:
		c.forget(kind, name)
	}
	return resp, codeError(verdict)
}
