package lzma_test

import (
	"bytes"
	"compress/gzip"
	"math/rand/v2"
	"os"
	"os/exec"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/viewer/lzma"
)

func TestWhatIsEncodedIsDecodedToTheSameBytes(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	noise := make([]byte, 70_000)
	for i := range noise {
		noise[i] = byte(r.Uint32())
	}
	far := bytes.Clone(noise) // copies of every length from every distance, the last ones long
	for range 2000 {
		n, from := 1+r.IntN(1<<r.IntN(11)), r.IntN(len(far))
		far = append(far, far[from:min(from+n, len(far))]...)
		far = append(far, byte(r.Uint32()))
	}
	for name, data := range map[string][]byte{
		"nothing": {}, "one byte": {7}, "two": {7, 7}, "three": {1, 2, 3}, "a run": make([]byte, 100_000),
		"a period of four": bytes.Repeat([]byte("abcd"), 5000), "noise": noise, "copies from afar": far,
	} {
		text := lzma.Encode(data)
		got, err := lzma.Decode(text)
		require.NoError(t, err, name)
		require.True(t, bytes.Equal(data, got), name)
	}
}

// The test binary is a program, if not one for a browser.
func TestAProgramIsShorterThanByGzipByATenth(t *testing.T) {
	path, err := os.Executable()
	require.NoError(t, err)
	data, err := os.ReadFile(path)
	require.NoError(t, err)
	data = data[:min(len(data), 1<<20)]
	var gzipped bytes.Buffer
	z, err := gzip.NewWriterLevel(&gzipped, gzip.BestCompression)
	require.NoError(t, err)
	_, err = z.Write(data)
	require.NoError(t, err)
	require.NoError(t, z.Close())
	text := lzma.Encode(data)
	t.Logf("%d bytes of a program: %d, by gzip -9 %d", len(data), len(text), gzipped.Len())
	require.Less(t, len(text), gzipped.Len()*9/10)
	got, err := lzma.Decode(text)
	require.NoError(t, err)
	require.True(t, bytes.Equal(data, got))
}

// Another implementation reads it, where it is installed.
func TestXZReadsWhatIsEncoded(t *testing.T) {
	xz, err := exec.LookPath("xz")
	if err != nil {
		t.Skip("xz is not installed")
	}
	source, err := os.ReadFile("encode.go")
	require.NoError(t, err)
	for _, data := range [][]byte{source, {}, bytes.Repeat(source, 40)} {
		cmd := exec.CommandContext(t.Context(), xz, "--format=lzma", "--decompress", "--stdout")
		cmd.Stdin = bytes.NewReader(lzma.Encode(data))
		got, err := cmd.Output()
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
	}
}

func TestWhatIsNotAStreamIsRefused(t *testing.T) {
	text := lzma.Encode(bytes.Repeat([]byte("a stream "), 1000))
	for name, bad := range map[string][]byte{
		"nothing": nil, "a header alone": text[:13], "cut off": text[:len(text)-8],
		"other parameters":       append([]byte{0}, text[1:]...),
		"a length of a terabyte": append(append(bytes.Clone(text[:9]), 0, 1, 0, 0), text[13:]...),
	} {
		_, err := lzma.Decode(bad)
		require.ErrorIs(t, err, lzma.ErrNotOurs, name)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(lzma.Encode([]byte("so far, so good, so far, so good")))
	f.Fuzz(func(t *testing.T, text []byte) {
		data, err := lzma.Decode(text)
		if err != nil {
			return
		}
		again, err := lzma.Decode(lzma.Encode(data))
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, again))
	})
}
