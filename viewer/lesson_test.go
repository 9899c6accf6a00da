package viewer_test

import (
	"bytes"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/viewer"
	"orrery/viewer/lzma"
)

func TestTheEngineOfALessonIsInItsPageAndNoTextEndsAScript(t *testing.T) {
	engine := bytes.Repeat([]byte("simulate "), 1000)
	p := &viewer.LessonPage{Number: 9, Title: "ends </script> here", Engine: engine, Runtime: []byte("var s = '</script>'")}
	var html bytes.Buffer
	require.NoError(t, p.Write(&html))
	text := html.String()
	require.NotContains(t, text, "ends </script>")
	require.NotContains(t, text, "'</script>'")
	found := regexp.MustCompile(`<script id="engine" type="application/octet-stream">([^<]*)</script>`).FindStringSubmatch(text)
	require.NotNil(t, found)
	require.NotContains(t, found[1], "\r")
	require.NotContains(t, found[1], "\x00")
	var packed []byte
	held, bits := uint32(0), 0
	for _, c := range found[1] {
		if held, bits = held<<7|uint32(c)&127, bits+7; bits >= 8 {
			bits -= 8
			packed = append(packed, byte(held>>bits))
		}
	}
	got, err := lzma.Decode(packed)
	require.NoError(t, err)
	require.Equal(t, engine, got)
}

func TestAPageOfALessonWithoutASimulatorIsRefused(t *testing.T) {
	require.ErrorIs(t, (&viewer.LessonPage{Runtime: []byte("x")}).Write(io.Discard), viewer.ErrNoEngine)
	require.ErrorIs(t, (&viewer.LessonPage{Engine: []byte("x")}).Write(io.Discard), viewer.ErrNoEngine)
}
