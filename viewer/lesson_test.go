package viewer_test

import (
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"io"
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/viewer"
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
	packed, err := base64.StdEncoding.DecodeString(found[1])
	require.NoError(t, err)
	z, err := gzip.NewReader(bytes.NewReader(packed))
	require.NoError(t, err)
	got, err := io.ReadAll(z)
	require.NoError(t, err)
	require.Equal(t, engine, got)
}

func TestAPageOfALessonWithoutASimulatorIsRefused(t *testing.T) {
	require.ErrorIs(t, (&viewer.LessonPage{Runtime: []byte("x")}).Write(io.Discard), viewer.ErrNoEngine)
	require.ErrorIs(t, (&viewer.LessonPage{Engine: []byte("x")}).Write(io.Discard), viewer.ErrNoEngine)
}
