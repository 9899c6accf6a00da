package proto

import (
	"errors"
	"fmt"

	"orrery/nodes/zab/jute"
)

// ErrTxnType says that a transaction is of a type that no transaction has.
var ErrTxnType = errors.New("proto: not a type of transaction")

// Transaction is what a PROPOSAL carries and what the log holds, as bytes.
type Transaction struct {
	Header TxnHeader
	// Body is the record that Header.Type names. nil stands for no bytes: a closeSession of
	// a server that does not list the session's nodes.
	Body   jute.Record
	Digest *TxnDigest // nil if there is none
}

// TxnOf makes an empty record of the type of transaction that an operation leaves, or nil
// if it leaves none.
func TxnOf(t OpCode) jute.Record {
	switch t {
	case OpCreate, OpCreate2:
		return &CreateTxn{}
	case OpCreateTTL:
		return &CreateTTLTxn{}
	case OpCreateContainer:
		return &CreateContainerTxn{}
	case OpDelete, OpDeleteContainer:
		return &DeleteTxn{}
	case OpSetData, OpReconfig:
		return &SetDataTxn{}
	case OpCheck:
		return &CheckVersionTxn{}
	case OpSetACL:
		return &SetACLTxn{}
	case OpCreateSession:
		return &CreateSessionTxn{}
	case OpCloseSession:
		return &CloseSessionTxn{}
	case OpMulti:
		return &MultiTxn{}
	case OpError:
		return &ErrorTxn{}
	}
	return nil
}

// Append implements jute.Record.
func (t *Transaction) Append(b []byte) []byte {
	b = t.Header.Append(b)
	if t.Body != nil {
		b = t.Body.Append(b)
	}
	if t.Digest != nil {
		b = t.Digest.Append(b)
	}
	return b
}

// digestSize is how many bytes a TxnDigest takes.
const digestSize = 12

// Decode implements jute.Record: it reads all that is left. Bytes behind the digest are of a
// newer server, and ignored. Besides the errors of package jute it returns ErrTxnType, wrapped.
func (t *Transaction) Decode(d *jute.Decoder) error {
	*t = Transaction{}
	if err := t.Header.Decode(d); err != nil {
		return err
	}
	rest := d.View() // the body's decoder copies
	body, used, err := decodeBody(t.Header.Type, d.Inner(rest), rest)
	if err != nil {
		d.Fail(err)
		return d.Err()
	}
	t.Body = body
	if len(rest)-used >= digestSize {
		t.Digest = &TxnDigest{}
		_ = t.Digest.Decode(d.Inner(rest[used:]))
	}
	return nil
}

// DecodeTxn reads the body of a transaction: of a [Txn] within a multi, for one. It is nil
// for a closeSession without bytes.
func DecodeTxn(t OpCode, p []byte) (jute.Record, error) {
	body, _, err := decodeBody(t, jute.NewDecoder(p), p)
	return body, err
}

// decodeBody reads the record of the type, by a decoder of p that copies, and says how many bytes it was.
func decodeBody(t OpCode, d *jute.Decoder, p []byte) (body jute.Record, used int, err error) {
	body = TxnOf(t)
	if body == nil {
		return nil, 0, fmt.Errorf("%w: %s", ErrTxnType, t)
	}
	err = body.Decode(d)
	switch {
	case t == OpCloseSession && (err != nil || d.Left() != 0 && d.Left() < digestSize):
		return nil, 0, nil // without its nodes, and perhaps a digest behind
	case t == OpCreate && errors.Is(err, jute.ErrShort):
		return decodeV0(p)
	case err != nil:
		return nil, 0, err
	}
	return body, d.Offset(), nil
}

// decodeV0 reads a create of a server before 3.4. Who applies it counts the parent's
// cversion itself.
func decodeV0(p []byte) (body jute.Record, used int, err error) {
	var old CreateTxnV0
	d := jute.NewDecoder(p)
	if err := old.Decode(d); err != nil {
		return nil, 0, err
	}
	return &CreateTxn{Path: old.Path, Data: old.Data, ACL: old.ACL, Ephemeral: old.Ephemeral, ParentCVersion: -1}, d.Offset(), nil
}
