package dashboard

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/explore/findings"
	"orrery/trace"
	"orrery/viewer"
)

// found puts a finding into a store.
func found(t *testing.T, s *findings.Store, property, detail string, n uint64) findings.Finding {
	t.Helper()
	p := findings.Pending{
		Scenario: "toy", Property: property, Detail: detail, Repro: json.RawMessage(`{"seed":7}`),
		Sighting: findings.Sighting{Session: "1", Campaign: "toy-1", Strategy: "swarm", Execution: n, Seed: 7, Hash: "00", When: time.Unix(1e9, 0)},
	}
	f, _, err := s.Keep(&p, findings.Finding{
		Key:    findings.Key{Scenario: "toy", Property: property, Signature: "crash"},
		Detail: detail, Repro: p.Repro, Shrunk: true, Events: 8,
	})
	require.NoError(t, err)
	return f
}

// tellToy tells the story of every finding.
func tellToy(f *findings.Finding) (*Told, error) {
	if f.Property == "untellable" {
		return nil, errors.New("the scenario toy is not known here")
	}
	return &Told{
		Text: "n1 chose <a> & n2 chose b", Replay: "orrery replay it",
		Page: &viewer.Page{Title: "toy", Events: []trace.Event{{Seq: 1, Kind: trace.Boot, Node: "n1"}}},
	}, nil
}

// newSite is a store with a finding, and a server of it.
func newSite(t *testing.T) (*Server, *findings.Store, findings.Finding) {
	t.Helper()
	dir := t.TempDir()
	store, _, err := findings.Create(dir)
	require.NoError(t, err)
	f := found(t, store, "agreement", `n1 chose <script>alert("a")</script> and n2 chose "b"`, 3)
	s := New(t.Context(), Config{Dir: dir, Store: store, By: "orrery test", Loopback: true, Tell: tellToy})
	return s, store, f
}

func get(s *Server, path string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	s.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://127.0.0.1:7468"+path, nil))
	return w
}

func TestTheListIsWholeBeforeAnyScriptRuns(t *testing.T) {
	s, _, f := newSite(t)
	w := get(s, "/")
	require.Equal(t, http.StatusOK, w.Code)
	page := w.Body.String()
	require.Contains(t, page, `href="/findings/`+f.ID+`"`)
	require.Contains(t, page, "&lt;script&gt;alert", "what a run said is text")
	require.NotContains(t, page, "<script>alert")
	require.Contains(t, page, "No hunt is under way")
}

func TestTheListCanBeOfOneState(t *testing.T) {
	s, store, f := newSite(t)
	_, err := store.Close(f.ID, "fixed")
	require.NoError(t, err)
	other := found(t, store, "durability", "gone after a crash", 4)
	require.Contains(t, get(s, "/?state=gone").Body.String(), "/findings/"+f.ID)
	require.NotContains(t, get(s, "/?state=gone").Body.String(), "/findings/"+other.ID)
	require.Contains(t, get(s, "/?state=back").Body.String(), "None is back.")
	require.Contains(t, get(s, "/?state=nonsense").Body.String(), "/findings/"+f.ID)
}

func TestAFindingHasItsStoryItsCommandsAndItsPage(t *testing.T) {
	s, _, f := newSite(t)
	page := get(s, "/findings/"+f.ID[:4]).Body.String()
	require.Contains(t, page, "n1 chose &lt;a&gt; &amp; n2 chose b")
	require.Contains(t, page, `data-copy="orrery replay it"`)
	require.Contains(t, page, `href="/findings/`+f.ID+`/page.html"`)
	run := get(s, "/findings/"+f.ID+"/page.html")
	require.True(t, strings.HasPrefix(run.Body.String(), "<!doctype html>"))
	require.Contains(t, run.Body.String(), `id="run"`)
	require.Contains(t, run.Header().Get("Content-Security-Policy"), "default-src 'none'")
	require.JSONEq(t, string(f.Repro), get(s, "/findings/"+f.ID+"/repro.json").Body.String())
}

func TestWhatCannotBeToldIsSaidWhereTheStoryWouldStand(t *testing.T) {
	s, store, _ := newSite(t)
	f := found(t, store, "untellable", "", 9)
	require.Contains(t, get(s, "/findings/"+f.ID).Body.String(), "the scenario toy is not known here")
	require.Equal(t, http.StatusInternalServerError, get(s, "/findings/"+f.ID+"/page.html").Code)
}

func TestWhatIsNotThereIsAPageThatSaysSo(t *testing.T) {
	s, _, _ := newSite(t)
	for path, says := range map[string]string{"/findings/ffffffff": "There is no finding", "/findings/ffffffff/page.html": "There is no finding", "/etc/passwd": "no such page"} {
		w := get(s, path)
		require.Equal(t, http.StatusNotFound, w.Code, path)
		require.Contains(t, w.Body.String(), says)
	}
}

func TestNothingCanBeChangedThroughTheServer(t *testing.T) {
	s, _, f := newSite(t)
	for _, method := range []string{http.MethodPost, http.MethodPut, http.MethodDelete} {
		w := httptest.NewRecorder()
		s.ServeHTTP(w, httptest.NewRequest(method, "http://localhost/findings/"+f.ID, strings.NewReader("state=gone")))
		require.Equal(t, http.StatusMethodNotAllowed, w.Code, method)
	}
}

func TestEveryAnswerRefusesWhatIsFromElsewhere(t *testing.T) {
	s, _, f := newSite(t)
	for _, path := range []string{"/", "/findings/" + f.ID, "/findings/" + f.ID + "/page.html", "/state.json", "/nothing", "/dashboard.js", "/dashboard.css"} {
		h := get(s, path).Header()
		require.Contains(t, h.Get("Content-Security-Policy"), "default-src 'none'", path)
		require.Contains(t, h.Get("Content-Security-Policy"), "frame-ancestors 'none'", path)
		require.Equal(t, "nosniff", h.Get("X-Content-Type-Options"), path)
		require.NotContains(t, strings.ReplaceAll(get(s, path).Body.String(), "http://www.w3.org", ""), "http://", path)
	}
}

// A page of another site could make a name of its own mean 127.0.0.1, and then read what is served there.
func TestOnLoopbackARequestThatNamesAnotherHostIsRefused(t *testing.T) {
	s, _, _ := newSite(t)
	ask := func(host string) int {
		r := httptest.NewRequest(http.MethodGet, "/", nil)
		r.Host = host
		w := httptest.NewRecorder()
		s.ServeHTTP(w, r)
		return w.Code
	}
	for _, host := range []string{"localhost", "localhost:7468", "127.0.0.1:7468", "127.8.9.10", "[::1]:7468", "[::1]"} {
		require.Equal(t, http.StatusOK, ask(host), host)
	}
	for _, host := range []string{"evil.example", "evil.example:7468", "localhost.evil.example", "10.0.0.1:7468", "", "[::2]"} {
		require.Equal(t, http.StatusForbidden, ask(host), host)
	}
	s.Loopback = false
	require.Equal(t, http.StatusOK, ask("build.example:8080"), "who listens for others is called as they call it")
}

func TestStateIsThereForPrograms(t *testing.T) {
	s, _, f := newSite(t)
	var got struct{ Findings []findings.Finding }
	require.NoError(t, json.Unmarshal(get(s, "/state.json").Body.Bytes(), &got))
	require.Len(t, got.Findings, 1)
	require.Equal(t, f.ID, got.Findings[0].ID)
	require.Equal(t, "null", string(got.Findings[0].Repro), "it is large, and has an address of its own")
}

func TestAStoreThatCannotBeReadIsSaidAndWhatWasReadBeforeStays(t *testing.T) {
	s, store, f := newSite(t)
	require.Contains(t, get(s, "/").Body.String(), f.ID)
	require.NoError(t, os.WriteFile(store.Path(), []byte("no database"), 0o600))
	s.state.at = time.Unix(1, 0) // long ago
	page := get(s, "/").Body.String()
	require.Contains(t, page, `role="alert"`)
	require.Contains(t, page, f.ID)
}

// next reads one event of a stream: its name and its data.
func next(t *testing.T, lines *lineReader) (name, data string) {
	t.Helper()
	for {
		line := lines.next(t)
		switch {
		case strings.HasPrefix(line, "event: "):
			name = line[len("event: "):]
		case strings.HasPrefix(line, "data: "):
			data = line[len("data: "):]
		case line == "" && name != "":
			return name, data
		}
	}
}

type lineReader struct {
	r    io.Reader
	rest []byte
}

func (l *lineReader) next(t *testing.T) string {
	t.Helper()
	for {
		if line, rest, found := strings.Cut(string(l.rest), "\n"); found {
			l.rest = []byte(rest)
			return line
		}
		buf := make([]byte, 4096)
		n, err := l.r.Read(buf)
		require.NoError(t, err)
		l.rest = append(l.rest, buf[:n]...)
	}
}

func TestAStreamTellsAllOnceAndThenWhatChanges(t *testing.T) {
	s, store, _ := newSite(t)
	web := httptest.NewServer(s)
	defer web.Close()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, web.URL+"/events", nil)
	require.NoError(t, err)
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer answer.Body.Close()
	require.Equal(t, "text/event-stream", answer.Header.Get("Content-Type"))
	lines := &lineReader{r: answer.Body}
	part := func() (id, html string) {
		name, data := next(t, lines)
		require.Equal(t, "part", name)
		var p struct{ ID, HTML string }
		require.NoError(t, json.Unmarshal([]byte(data), &p))
		return p.ID, p.HTML
	}
	var ids []string
	for len(ids) < 5 { // nothing is wrong, and an empty part is not sent
		id, _ := part()
		ids = append(ids, id)
	}
	require.Equal(t, []string{"hunts", "tabs", "findings", "coverage", "campaigns"}, ids)

	f := found(t, store, "durability", "an acknowledged write is lost", 11)
	id, _ := part()
	require.Equal(t, "tabs", id)
	id, html := part()
	require.Equal(t, "findings", id)
	require.Contains(t, html, f.ID)
}

func TestTheServerEndsItsStreamsWithItsContext(t *testing.T) {
	dir := t.TempDir()
	store, _, err := findings.Create(dir)
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	s := New(ctx, Config{Dir: dir, Store: store, Tell: tellToy})
	web := httptest.NewServer(s)
	defer web.Close()
	answer, err := http.Get(web.URL + "/events")
	require.NoError(t, err)
	defer answer.Body.Close()
	cancel()
	_, err = io.ReadAll(answer.Body) // it ends
	require.NoError(t, err)
}

func TestSoManyStreamsAreEnough(t *testing.T) {
	s, _, _ := newSite(t)
	for range streamsMost {
		s.streams <- struct{}{}
	}
	require.Equal(t, http.StatusServiceUnavailable, get(s, "/events").Code)
}

func TestABulletinThatIsDamagedOrNewerIsSaid(t *testing.T) {
	s, _, _ := newSite(t)
	at := filepath.Join(s.Dir, bulletins)
	require.NoError(t, os.MkdirAll(at, 0o755))
	require.NoError(t, os.WriteFile(filepath.Join(at, "1.json"), []byte(`{"version":1,"sess`), 0o600))
	require.NoError(t, os.WriteFile(filepath.Join(at, "2.json"), []byte(`{"version":9,"legs":"elsewhere"}`), 0o600))
	page := get(s, "/").Body.String()
	require.Contains(t, page, "1.json: it is no bulletin of a hunt")
	require.Contains(t, page, "2.json: a bulletin of version 9; this program reads up to 1")
}
