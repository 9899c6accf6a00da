package proto

import (
	"errors"
	"fmt"

	"orrery/nodes/zab/jute"
)

// What is wrong with a multi that does not decode.
var (
	// ErrMultiType says that a multi holds an operation that it must not hold.
	ErrMultiType = errors.New("proto: not an operation of a multi")
	// ErrMultiMixed says that a multi holds both reads and writes.
	ErrMultiMixed = errors.New("proto: a multi of both reads and writes")
)

// MultiOp is one operation of a multi.
type MultiOp struct {
	Type    OpCode
	Request jute.Record // of the type's own Go type
}

// MultiRequest is the body of a multi or of a multiRead.
type MultiRequest struct{ Ops []MultiOp }

// multiRequest makes an empty request of an operation that a multi may hold, or nil.
func multiRequest(t OpCode) jute.Record {
	switch t {
	case OpCreate, OpCreate2, OpCreateContainer:
		return &CreateRequest{}
	case OpCreateTTL:
		return &CreateTTLRequest{}
	case OpDelete:
		return &DeleteRequest{}
	case OpSetData:
		return &SetDataRequest{}
	case OpCheck:
		return &CheckVersionRequest{}
	case OpGetData:
		return &GetDataRequest{}
	case OpGetChildren:
		return &GetChildrenRequest{}
	}
	return nil
}

// isMultiRead tells whether an operation belongs in a multiRead.
func isMultiRead(t OpCode) bool { return t == OpGetData || t == OpGetChildren }

// Append implements jute.Record.
func (r *MultiRequest) Append(b []byte) []byte {
	for _, op := range r.Ops {
		b = (&MultiHeader{Type: op.Type, Err: -1}).Append(b)
		b = op.Request.Append(b)
	}
	return (&MultiHeader{Type: OpError, Done: true, Err: -1}).Append(b)
}

// Decode implements jute.Record. Besides the errors of package jute it returns
// ErrMultiType and ErrMultiMixed, wrapped.
func (r *MultiRequest) Decode(d *jute.Decoder) error {
	r.Ops = nil
	for {
		var h MultiHeader
		if err := h.Decode(d); err != nil || h.Done {
			return err
		}
		op := MultiOp{h.Type, multiRequest(h.Type)}
		switch {
		case op.Request == nil:
			d.Fail(fmt.Errorf("%w: %s", ErrMultiType, h.Type))
			return d.Err()
		case len(r.Ops) > 0 && isMultiRead(h.Type) != isMultiRead(r.Ops[0].Type):
			d.Fail(ErrMultiMixed)
			return d.Err()
		}
		if err := op.Request.Decode(d); err != nil {
			return err
		}
		r.Ops = append(r.Ops, op)
	}
}

// MultiResult is the outcome of one operation of a multi.
type MultiResult struct {
	Type     OpCode      // of the operation; OpError if it failed or was undone
	Err      ErrCode     // of an OpError; OK for an operation before the one that failed
	Response jute.Record // of the type's own Go type; nil for delete, check and OpError
}

// MultiResponse is the body of the reply to a multi or a multiRead. It follows the
// ReplyHeader even where that carries an error.
type MultiResponse struct{ Results []MultiResult }

// multiResponse makes an empty response of an operation; known is false if a multi
// cannot hold it.
func multiResponse(t OpCode) (r jute.Record, known bool) {
	switch t {
	case OpCreate:
		return &CreateResponse{}, true
	case OpCreate2, OpCreateContainer, OpCreateTTL:
		return &Create2Response{}, true
	case OpDelete, OpCheck:
		return nil, true
	case OpSetData:
		return &SetDataResponse{}, true
	case OpGetData:
		return &GetDataResponse{}, true
	case OpGetChildren:
		return &GetChildrenResponse{}, true
	}
	return nil, false
}

// Append implements jute.Record.
func (r *MultiResponse) Append(b []byte) []byte {
	for _, res := range r.Results {
		b = (&MultiHeader{Type: res.Type, Err: res.Err}).Append(b)
		switch {
		case res.Type == OpError:
			b = (&ErrorResponse{res.Err}).Append(b)
		case res.Response != nil:
			b = res.Response.Append(b)
		}
	}
	return (&MultiHeader{Type: OpError, Done: true, Err: -1}).Append(b)
}

// Decode implements jute.Record. Besides the errors of package jute it returns
// ErrMultiType, wrapped.
func (r *MultiResponse) Decode(d *jute.Decoder) error {
	r.Results = nil
	for {
		var h MultiHeader
		if err := h.Decode(d); err != nil || h.Done {
			return err
		}
		res := MultiResult{Type: h.Type}
		if h.Type == OpError {
			var e ErrorResponse
			_ = e.Decode(d)
			res.Err = e.Err
		} else {
			body, known := multiResponse(h.Type)
			if !known {
				d.Fail(fmt.Errorf("%w: %s", ErrMultiType, h.Type))
				return d.Err()
			}
			if body != nil {
				_ = body.Decode(d)
			}
			res.Response = body
		}
		if d.Err() != nil {
			return d.Err()
		}
		r.Results = append(r.Results, res)
	}
}
