package page_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"orrery/lessons"
	"orrery/lessons/learner"
	"orrery/lessons/lessontest"
	"orrery/lessons/page"
)

// mostBytes is what the page of a lesson may have.
const mostBytes = 2_000_000

// The pages of two lessons are made: that which the tests in a browser open, and the largest, which has ZooKeeper's servers in it. All of them
// are if ORRERY_PAGES says where to leave them.
func TestThePageIsOneFileOfLessThanTwoMegabytesThatLoadsNothing(t *testing.T) {
	if testing.Short() {
		t.Skip("compiling the simulator takes seconds")
	}
	dir := os.Getenv("ORRERY_PAGES")
	for _, l := range lessons.All() {
		if l.Number != 9 && l.Number != 19 && dir == "" {
			continue
		}
		t.Run(l.Dir, func(t *testing.T) {
			var html bytes.Buffer
			require.NoError(t, page.Write(t.Context(), &html, l, ""))
			t.Logf("%d bytes", html.Len())
			require.Less(t, html.Len(), mostBytes)
			text := html.String()
			require.Contains(t, text, `default-src 'none'`)
			for _, loads := range []string{"src=\"http", "href=\"http", "@import", "XMLHttpRequest(", "WebSocket(", "sendBeacon("} {
				require.False(t, strings.Contains(text, loads), loads)
			}
			if dir != "" {
				require.NoError(t, os.MkdirAll(dir, 0o755))
				require.NoError(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("lesson-%d.html", l.Number)), html.Bytes(), 0o600))
			}
		})
	}
}

func TestAPageCannotBeMadeWithoutTheSources(t *testing.T) {
	l, err := lessons.Numbered(9)
	require.NoError(t, err)
	err = page.Write(t.Context(), &bytes.Buffer{}, l, t.TempDir())
	require.ErrorIs(t, err, learner.ErrNotRun)
	require.ErrorContains(t, err, "--module DIR")
}

// The plan was saved by the page, in a browser: the same steps come to the same hash here.
func TestWhatThePageSavesIsATest(t *testing.T) {
	lessontest.Replay(t, "testdata/saved.json")
}
