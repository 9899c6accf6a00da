package proto

import (
	"os"
	"path/filepath"
	"reflect"
	"sort"
	"testing"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/internal/jutegen"
	"orrery/nodes/zab/jute"
)

// allRecords is one of each record, generated or not, in the order of their names.
func allRecords() (names []string, records map[string]jute.Record) {
	records = generated()
	records["MultiRequest"] = &MultiRequest{}
	records["MultiResponse"] = &MultiResponse{}
	records["Transaction"] = &Transaction{}
	records["LearnerRequest"] = &LearnerRequest{}
	records["SessionTouches"] = &SessionTouches{}
	records["Hello"] = &Hello{}
	records["Notification"] = &Notification{}
	for name := range records {
		names = append(names, name)
	}
	sort.Strings(names)
	return names, records
}

func TestGeneratedCodeIsUpToDate(t *testing.T) {
	names, err := filepath.Glob("*.jute")
	require.NoError(t, err)
	var schemas []jutegen.Schema
	for _, name := range names {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		s, err := jutegen.Parse(name, string(text))
		require.NoError(t, err)
		schemas = append(schemas, s)
	}
	files, err := jutegen.Generate("proto", schemas)
	require.NoError(t, err)
	committed, err := filepath.Glob("*_gen*.go")
	require.NoError(t, err)
	require.Len(t, committed, len(files), "a generated file whose schema is gone")
	for name, want := range files {
		got, err := os.ReadFile(name)
		require.NoError(t, err)
		require.Equal(t, string(want), string(got), "%s is old: run go generate ./nodes/zab/proto", name)
	}
}

// draw fills a record at random.
func draw(t *rapid.T, v reflect.Value) {
	switch v.Kind() {
	case reflect.Bool:
		v.SetBool(rapid.Bool().Draw(t, "bool"))
	case reflect.Int32:
		v.SetInt(int64(rapid.Int32().Draw(t, "int")))
	case reflect.Int64:
		v.SetInt(rapid.Int64().Draw(t, "long"))
	case reflect.String:
		v.SetString(rapid.String().Draw(t, "string"))
	case reflect.Pointer:
		if rapid.Bool().Draw(t, "there") {
			v.Set(reflect.New(v.Type().Elem()))
			draw(t, v.Elem())
		}
	case reflect.Slice:
		n := rapid.IntRange(-1, 3).Draw(t, "count")
		nullable := v.Type().Elem().Kind() == reflect.Uint8 || v.Type() == reflect.TypeFor[[]ID]()
		if n < 0 || n == 0 && !nullable {
			return
		}
		v.Set(reflect.MakeSlice(v.Type(), n, n))
		for i := range n {
			draw(t, v.Index(i))
		}
	case reflect.Uint8:
		v.SetUint(uint64(rapid.Byte().Draw(t, "byte")))
	case reflect.Struct:
		for i := range v.NumField() {
			draw(t, v.Field(i))
		}
		if has := v.FieldByName("HasReadOnly"); has.IsValid() && !has.Bool() {
			v.FieldByName("ReadOnly").SetBool(false) // what is not there says nothing
		}
	default:
		panic("a field of type " + v.Type().String())
	}
}

// drawRecord fills a record of which reflection knows all fields, or makes one by hand.
func drawRecord(t *rapid.T, r jute.Record) {
	op := func(from ...OpCode) OpCode { return rapid.SampledFrom(from).Draw(t, "op") }
	switch r := r.(type) {
	case *MultiRequest:
		kinds := []OpCode{OpCreate, OpCreate2, OpCreateContainer, OpCreateTTL, OpDelete, OpSetData, OpCheck}
		if rapid.Bool().Draw(t, "reads") {
			kinds = []OpCode{OpGetData, OpGetChildren}
		}
		for range rapid.IntRange(0, 4).Draw(t, "ops") {
			o := MultiOp{Type: op(kinds...)}
			o.Request = multiRequest(o.Type)
			draw(t, reflect.ValueOf(o.Request).Elem())
			r.Ops = append(r.Ops, o)
		}
	case *MultiResponse:
		for range rapid.IntRange(0, 4).Draw(t, "results") {
			res := MultiResult{Type: op(OpCreate, OpCreate2, OpDelete, OpSetData, OpCheck, OpGetData, OpGetChildren, OpError)}
			if res.Type == OpError {
				res.Err = CodeNoNode
			} else if res.Response, _ = multiResponse(res.Type); res.Response != nil {
				draw(t, reflect.ValueOf(res.Response).Elem())
			}
			r.Results = append(r.Results, res)
		}
	case *Transaction:
		draw(t, reflect.ValueOf(&r.Header).Elem())
		r.Header.Type = op(OpCreate, OpCreate2, OpCreateTTL, OpCreateContainer, OpDelete, OpDeleteContainer, OpSetData,
			OpReconfig, OpCheck, OpSetACL, OpCreateSession, OpCloseSession, OpMulti, OpError)
		r.Body = TxnOf(r.Header.Type)
		draw(t, reflect.ValueOf(r.Body).Elem())
		draw(t, reflect.ValueOf(&r.Digest).Elem())
	case *LearnerRequest:
		draw(t, reflect.ValueOf(r).Elem())
		r.Body = append([]byte{}, r.Body...)
	case *Hello:
		draw(t, reflect.ValueOf(r).Elem())
		r.Version = rapid.SampledFrom([]int64{HelloV1, HelloV2, HelloLegacy}).Draw(t, "version")
		if r.Addr = "h:3888" + r.Addr; r.Version == HelloLegacy {
			r.SID, r.Addr = max(r.SID&^(1<<62), ^r.SID), ""
		}
	case *Notification:
		draw(t, reflect.ValueOf(r).Elem())
		r.Version, r.Config = 2, append([]byte{}, r.Config...)
	default:
		draw(t, reflect.ValueOf(r).Elem())
	}
}

func TestEveryRecordIsReadAsItWasWritten(t *testing.T) {
	names, records := allRecords()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom(names).Draw(t, "record")
		r := fresh(records[name])
		drawRecord(t, r)
		b := r.Append(nil)
		read := fresh(r)
		d := jute.NewDecoder(b)
		require.NoError(t, read.Decode(d), name)
		require.NoError(t, d.End(), name)
		require.Equal(t, r, read, name)

		// An older value of the record shows through nowhere.
		drawRecord(t, read)
		require.NoError(t, read.Decode(jute.NewDecoder(b)), name)
		require.Equal(t, r, read, name)
	})
}

// Only these may end before their last byte and still be whole.
var openEnded = map[string]bool{"Transaction": true, "LearnerRequest": true, "SessionTouches": true, "Notification": true,
	"ConnectRequest": true, "ConnectResponse": true}

func TestARecordThatIsCutShortIsRefused(t *testing.T) {
	names, records := allRecords()
	for _, name := range names {
		if openEnded[name] {
			continue
		}
		f := filler{how: "full"}
		r := fresh(records[name])
		if name == "MultiRequest" || name == "MultiResponse" || name == "Hello" {
			continue // covered by hand below
		}
		f.fill(reflect.ValueOf(r).Elem())
		b := r.Append(nil)
		for n := range b {
			require.ErrorIs(t, fresh(r).Decode(jute.NewDecoder(b[:n])), jute.ErrShort, "%s, %d of %d", name, n, len(b))
		}
	}
}

// Whatever the bytes: no panic, an error or a record, and a record that is written and read
// again is the same. The first byte chooses the record.
func FuzzDecode(f *testing.F) {
	names, records := allRecords()
	for i, name := range names {
		for _, how := range []string{"full", "null"} {
			r := fresh(records[name])
			if _, ok := notFilled(r); !ok {
				g := filler{how: how}
				g.fill(reflect.ValueOf(r).Elem())
			}
			f.Add(append([]byte{byte(i)}, r.Append(nil)...))
		}
	}
	multi := (&MultiRequest{[]MultiOp{{OpDelete, &DeleteRequest{"/a", 1}}}}).Append(nil)
	f.Add(append([]byte{byte(sort.SearchStrings(names, "MultiRequest"))}, multi...))
	txn := (&Transaction{TxnHeader{Type: OpDelete}, &DeleteTxn{"/a"}, &TxnDigest{2, 7}}).Append(nil)
	f.Add(append([]byte{byte(sort.SearchStrings(names, "Transaction"))}, txn...))
	f.Fuzz(func(t *testing.T, p []byte) {
		if len(p) == 0 {
			return
		}
		size, err := QuorumPacketSize(p[1:], 1<<30)
		d := jute.NewDecoder(p[1:])
		if packet := (&QuorumPacket{}); packet.Decode(d) == nil {
			require.NoError(t, err)
			require.Equal(t, d.Offset(), size)
		} else {
			require.Zero(t, size)
		}
		r := fresh(records[names[int(p[0])%len(names)]])
		if r.Decode(jute.NewDecoder(p[1:])) != nil {
			return
		}
		again := fresh(r)
		require.NoError(t, again.Decode(jute.NewDecoder(r.Append(nil))))
		if n, ok := r.(*Notification); ok && n.Version < 2 {
			n.Version, again.(*Notification).Version = 0, 0 // the short form does not carry it
		}
		require.Equal(t, r, again)
	})
}

// notFilled tells of the records that have fields which a filler cannot know.
func notFilled(r jute.Record) (jute.Record, bool) {
	switch r := r.(type) {
	case *MultiRequest, *MultiResponse, *Transaction:
		return r, true
	}
	return r, false
}
