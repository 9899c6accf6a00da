package proto_test

import (
	"encoding/binary"
	"math/rand/v2"
	"reflect"
	"runtime"
	"testing"

	"github.com/stretchr/testify/require"
	"github.com/twmb/franz-go/pkg/kmsg"

	"orrery/nodes/kafka/proto"
)

// fill gives every field of a message some value: a tree of one to three elements a list, some strings null.
func fill(v reflect.Value, rnd *rand.Rand) {
	switch v.Kind() {
	case reflect.Pointer:
		if rnd.IntN(4) > 0 {
			v.Set(reflect.New(v.Type().Elem()))
			fill(v.Elem(), rnd)
		}
	case reflect.Struct:
		if tags, ok := v.Addr().Interface().(*kmsg.Tags); ok {
			if rnd.IntN(3) == 0 {
				tags.Set(40, []byte("of a later release"))
			}
			return
		}
		for i := range v.NumField() {
			if v.Type().Field(i).Name != "Version" {
				fill(v.Field(i), rnd)
			}
		}
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1+rnd.IntN(3), 3))
		for i := range v.Len() {
			fill(v.Index(i), rnd)
		}
	case reflect.Array:
		for i := range v.Len() {
			fill(v.Index(i), rnd)
		}
	case reflect.String:
		v.SetString("abcdefgh"[:rnd.IntN(9)])
	case reflect.Bool:
		v.SetBool(rnd.IntN(2) == 0)
	case reflect.Float64:
		v.SetFloat(rnd.Float64())
	case reflect.Uint8:
		v.SetUint(rnd.Uint64() & 0xff)
	default:
		v.SetInt(rnd.Int64() >> (64 - v.Type().Bits()))
	}
}

// served calls f for every version of every request that is served, with both its messages filled.
func served(f func(r kmsg.Request, resp kmsg.Response)) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for key := range int16(100) {
		for v := range proto.Max(key, true) + 1 {
			r := kmsg.RequestForKey(key)
			fill(reflect.ValueOf(r).Elem(), rnd)
			r.SetVersion(v)
			resp := r.ResponseKind()
			fill(reflect.ValueOf(resp).Elem(), rnd)
			resp.SetVersion(v)
			f(r, resp)
		}
	}
}

func TestShapesAreThoseOfTheCodec(t *testing.T) {
	kinds := 0
	for range 20 {
		served(func(r kmsg.Request, resp kmsg.Response) {
			kinds++
			left, bad := proto.SkimRequest(r.AppendTo(nil), r)
			require.False(t, bad, "%T v%d", r, r.GetVersion())
			require.Zero(t, left, "%T v%d", r, r.GetVersion())
			left, bad = proto.SkimResponse(resp.AppendTo(nil), resp)
			require.False(t, bad, "%T v%d", resp, r.GetVersion())
			require.Zero(t, left, "%T v%d", resp, r.GetVersion())
		})
	}
	require.Greater(t, kinds, 20*150)
}

func TestWhatIsWrittenIsRead(t *testing.T) {
	served(func(r kmsg.Request, resp kmsg.Response) {
		frame := proto.AppendRequest(nil, proto.Header{Correlation: 5, ClientID: "c"}, r)
		h, got, err := proto.ReadRequest(frame)
		require.NoError(t, err)
		require.Equal(t, frame, proto.AppendRequest(nil, h, got), "%T v%d", r, r.GetVersion())

		if a, ok := resp.(*kmsg.ApiVersionsResponse); ok {
			a.ErrorCode = 0
		}
		frame = proto.AppendResponse(nil, 6, resp)
		id, back, err := proto.ReadResponse(frame, r)
		require.NoError(t, err)
		require.EqualValues(t, 6, id)
		require.Equal(t, frame, proto.AppendResponse(nil, 6, back), "%T v%d", resp, r.GetVersion())
	})
}

// allocated is how many bytes f takes.
func allocated(f func()) uint64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return after.TotalAlloc - before.TotalAlloc
}

func TestAbsurdLengthsCostNothing(t *testing.T) {
	const tail = 1 << 20 // zeros behind the message, for an array's length to be held against
	served(func(r kmsg.Request, _ kmsg.Response) {
		frame := proto.AppendRequest(nil, proto.Header{ClientID: "c"}, r)
		n := len(frame)
		frame = append(frame, make([]byte, tail)...)
		saved := append([]byte(nil), frame[:n]...)
		for _, count := range []uint32{tail - 64, 1 << 31, 0xffffff7f} {
			for at := 8; at+4 <= n && at < 60; at += 3 {
				copy(frame, saved)
				binary.BigEndian.PutUint32(frame[at:], count)
				used := allocated(func() { _, _, _ = proto.ReadRequest(frame) })
				require.Less(t, used, uint64(60*tail), "%T v%d, %x at %d", r, r.GetVersion(), count, at)
			}
		}
	})
}

func TestACountOfTaggedFieldsIsNotBelieved(t *testing.T) {
	r := kmsg.NewPtrHeartbeatRequest()
	r.Version = 4
	frame := proto.AppendRequest(nil, proto.Header{ClientID: "c"}, r)
	frame = append(frame[:len(frame)-1], 0xff, 0xff, 0xff, 0xff, 0x0f) // four thousand million of them
	_, _, err := proto.ReadRequest(frame)
	require.ErrorIs(t, err, proto.ErrMalformed)
}

func FuzzReadRequest(f *testing.F) {
	served(func(r kmsg.Request, _ kmsg.Response) {
		f.Add(proto.AppendRequest(nil, proto.Header{Correlation: 1, ClientID: "fuzz"}, r))
	})
	f.Fuzz(func(t *testing.T, frame []byte) {
		h, r, err := proto.ReadRequest(frame)
		if err != nil {
			require.Nil(t, r)
			return
		}
		again := proto.AppendRequest(nil, h, r)
		_, r2, err := proto.ReadRequest(again)
		require.NoError(t, err)
		require.Equal(t, again, proto.AppendRequest(nil, h, r2))
		_ = proto.Refusal(r, proto.InvalidRequest)
	})
}

func FuzzReadResponse(f *testing.F) {
	served(func(r kmsg.Request, resp kmsg.Response) {
		f.Add(r.Key(), r.GetVersion(), proto.AppendResponse(nil, 1, resp))
	})
	f.Fuzz(func(t *testing.T, key, version int16, frame []byte) {
		if version < 0 || version > proto.Max(key, true) {
			return
		}
		r := kmsg.RequestForKey(key)
		r.SetVersion(version)
		id, resp, err := proto.ReadResponse(frame, r)
		if err != nil {
			require.ErrorIs(t, err, proto.ErrMalformed)
			return
		}
		again := proto.AppendResponse(nil, id, resp)
		_, _, err = proto.ReadResponse(again, r)
		require.NoError(t, err)
	})
}
