package jute_test

import (
	"encoding/hex"
	"math"
	"os"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"orrery/nodes/zab/jute"
)

func TestWhatIsWrittenIsRead(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		i := rapid.Int32().Draw(t, "int")
		l := rapid.Int64().Draw(t, "long")
		o := rapid.Bool().Draw(t, "bool")
		s := rapid.String().Draw(t, "string")
		p := rapid.SliceOf(rapid.Byte()).Draw(t, "buffer")
		v := rapid.SliceOf(rapid.String()).Draw(t, "strings")
		b := jute.AppendInt([]byte("x"), i)
		b = jute.AppendLong(b, l)
		b = jute.AppendBool(b, o)
		b = jute.AppendString(b, s)
		b = jute.AppendBuffer(b, p)
		b = jute.AppendStrings(b, v)
		b = jute.AppendOptional(b, &s)
		b = jute.AppendOptional(b, nil)
		for _, d := range []*jute.Decoder{jute.NewDecoder(b[1:]), jute.Sharing(b[1:])} {
			require.Equal(t, i, d.Int())
			require.Equal(t, l, d.Long())
			require.Equal(t, o, d.Bool())
			require.Equal(t, s, d.String())
			require.Equal(t, p, d.Buffer())
			require.Equal(t, append([]string{}, v...), append([]string{}, d.Strings()...))
			require.Equal(t, s, *d.Optional())
			require.Nil(t, d.Optional())
			require.NoError(t, d.End())
		}
	})
}

func TestNullIsNotEmpty(t *testing.T) {
	require.Equal(t, "ffffffff", hex.EncodeToString(jute.AppendBuffer(nil, nil)))
	require.Equal(t, "00000000", hex.EncodeToString(jute.AppendBuffer(nil, []byte{})))
	require.Nil(t, jute.NewDecoder(jute.AppendNull(nil)).Buffer())
	require.NotNil(t, jute.NewDecoder(jute.AppendInt(nil, 0)).Buffer())
	empty := jute.NewDecoder(jute.AppendInt(nil, 0)).Optional()
	require.NotNil(t, empty)
	require.Equal(t, "", *empty)
	require.Equal(t, "", jute.NewDecoder(jute.AppendNull(nil)).String())
	require.Nil(t, jute.NewDecoder(jute.AppendNull(nil)).Strings())
}

func TestALengthThatTheBytesCannotHoldAllocatesNothing(t *testing.T) {
	huge := jute.AppendInt(nil, math.MaxInt32)
	for name, read := range map[string]func(d *jute.Decoder){
		"buffer":  func(d *jute.Decoder) { d.Buffer() },
		"string":  func(d *jute.Decoder) { _ = d.String() },
		"strings": func(d *jute.Decoder) { d.Strings() },
	} {
		d := jute.NewDecoder(huge)
		n := testing.AllocsPerRun(1, func() { read(d) })
		require.Zero(t, n, name)
		require.ErrorIs(t, d.Err(), jute.ErrShort, name)
		require.Zero(t, d.Left())
		require.Nil(t, d.Rest())
	}
}

func TestALengthOverTheLimitIsRefusedBeforeItsBytesArrive(t *testing.T) {
	d := jute.NewDecoder(jute.AppendInt(nil, 1000))
	d.Limit(999)
	require.Nil(t, d.Buffer())
	require.ErrorIs(t, d.Err(), jute.ErrLength)

	d = jute.NewDecoder(jute.AppendInt(nil, -2))
	require.Equal(t, "", d.String())
	require.ErrorIs(t, d.Err(), jute.ErrLength)
	require.EqualError(t, d.Err(), "jute: unreasonable length: -2")
}

func TestANegativeCountIsAnEmptyVectorAsInJava(t *testing.T) {
	d := jute.NewDecoder(jute.AppendInt(nil, -7))
	require.Equal(t, 0, d.Count(4))
	require.NoError(t, d.End())
}

func TestTheFirstErrorStays(t *testing.T) {
	d := jute.NewDecoder([]byte{0xff, 0xff, 0xff, 0xfe, 0, 0, 0, 5})
	require.Nil(t, d.Buffer())
	first := d.Err()
	require.ErrorIs(t, first, jute.ErrLength)
	require.Zero(t, d.Int())
	d.Fail(jute.ErrTrailing)
	require.Equal(t, first, d.End())
}

func TestBytesBehindTheRecordAreNamed(t *testing.T) {
	d := jute.NewDecoder(make([]byte, 6))
	d.Int()
	require.NoError(t, d.Err())
	require.EqualError(t, d.End(), "jute: bytes are left behind the record: 2 of 6")
}

func TestACopyOutlivesItsBytesAndAShareDoesNot(t *testing.T) {
	b := jute.AppendBuffer(nil, []byte("data"))
	copied, shared := jute.NewDecoder(b).Buffer(), jute.Sharing(b).Buffer()
	clear(b)
	require.Equal(t, "data", string(copied))
	require.Equal(t, make([]byte, 4), shared)
	require.Equal(t, 4, cap(shared), "an append to it must not reach the next field")
}

// The vectors were made by Java: testdata/Text.java prints them.
func TestTextIsJavas(t *testing.T) {
	file, err := os.ReadFile("testdata/text.txt")
	require.NoError(t, err)
	cases := 0
	for line := range strings.SplitSeq(strings.TrimSpace(string(file)), "\n") {
		f := strings.Split(line, " ")
		in, err := hex.DecodeString(f[1])
		require.NoError(t, err, line)
		want, err := hex.DecodeString(f[2])
		require.NoError(t, err, line)
		switch f[0] {
		case "write": // UTF-8 to what Java's archive makes of the same string
			require.Equal(t, f[2], hex.EncodeToString(jute.AppendString(nil, string(in))), line)
		case "read": // any bytes to UTF-8
			got := jute.NewDecoder(jute.AppendBuffer(nil, in)).String()
			if pairs(in) {
				break // where we differ on purpose
			}
			require.Equal(t, string(want), got, line)
		default:
			require.Fail(t, "what is this?", line)
		}
		cases++
	}
	require.Greater(t, cases, 600)
}

// pairs tells whether p holds both halves of a surrogate pair in a row.
func pairs(p []byte) bool {
	for i := 0; i+6 <= len(p); i++ {
		if p[i] == 0xed && p[i+1]&0xf0 == 0xa0 && p[i+2]&0xc0 == 0x80 && p[i+3] == 0xed && p[i+4]&0xf0 == 0xb0 && p[i+5]&0xc0 == 0x80 {
			return true
		}
	}
	return false
}

func TestPairsAreReadAsTheCharacterThatTheyWere(t *testing.T) {
	b := jute.AppendString(nil, "a😀b")
	require.Equal(t, "0000000861eda0bdedb88062", hex.EncodeToString(b))
	require.Equal(t, "a😀b", jute.NewDecoder(b).String())
	require.Equal(t, "a😀b", jute.NewDecoder(jute.AppendBuffer(nil, []byte("a😀b"))).String(), "as other clients write it")
	require.Equal(t, "\ufffd\ufffd", jute.NewDecoder(jute.AppendBuffer(nil, []byte("\xed\xb8\x80\xed\xa0\xbd"))).String(), "the wrong way round")
}

// Whatever the bytes, what is read is text, and its encoding is read as the same.
func FuzzText(f *testing.F) {
	for _, s := range []string{"", "/zookeeper", "é", "😀", "\xed\xa0\xbd\xed\xb8\x80", "\xf0\x90\x41", "\xe0\x80\x80", "\ufffd\xff"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, p []byte) {
		s := jute.NewDecoder(jute.AppendBuffer(nil, p)).String()
		require.True(t, utf8.ValidString(s))
		require.Equal(t, s, jute.NewDecoder(jute.AppendString(nil, s)).String())
	})
}
