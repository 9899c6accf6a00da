package properties

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestAFileIsReadAsJavaReadsIt(t *testing.T) {
	for _, c := range []struct{ text, key, value string }{
		{"a=b", "a", "b"}, {"a:b", "a", "b"}, {"a b", "a", "b"}, {" a \t= b ", "a", "b"}, {"a", "a", ""},
		{"a==b", "a", "=b"}, {`a\=b=c`, "a=b", "c"}, {`a=\u0041\t.`, "a", "A\t."}, {"a=b\\\r\n  c", "a", "bc"}, {`a=b\\`, "a", `b\`},
		{"!x\n#y\n\na=1", "a", "1"}, {"a=1 # no comment", "a", "1 # no comment"}, {"a=b\\", "a", "b"},
	} {
		e := Read([]byte(c.text))
		require.Len(t, e, 1, c.text)
		require.Equal(t, c.key, e[0].Key, c.text)
		require.Equal(t, c.value, e[0].Value, c.text)
		require.False(t, e[0].Malformed)
	}
}

func TestAnEscapeThatJavaRefusesIsTold(t *testing.T) {
	for _, text := range []string{`a=\u12`, `a=\uxyzw`, `\u=b`} {
		e := Read([]byte(text))
		require.Len(t, e, 1)
		require.True(t, e[0].Malformed, text)
	}
}

func TestAlikeIsNeverFarFetched(t *testing.T) {
	known := []string{"broker.id", "log.dirs", "num.partitions"}
	require.Equal(t, "broker.id", Alike("broker.di", known))
	require.Equal(t, "num.partitions", Alike("num.partition", known))
	require.Empty(t, Alike("x", known))
	require.Empty(t, Alike("something.else.entirely", known))
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("a=b\\\n c\n# d\n\\u0041:e"))
	f.Fuzz(func(t *testing.T, p []byte) {
		last := 0
		for _, e := range Read(p) {
			require.Greater(t, e.Line, last, "each begins on a line of its own")
			last = e.Line
		}
		require.LessOrEqual(t, last, 1+strings.Count(string(p), "\n")+strings.Count(string(p), "\r"))
	})
}
