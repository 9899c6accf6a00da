package dashboard

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"

	"orrery/explore/findings"
	"orrery/viewer"
)

// Config says what a server shows.
type Config struct {
	Dir   string          // of the store and the bulletins
	Store *findings.Store // in it
	By    string          // the program
	// Tell runs the universe of a finding and tells its story. It is called by one request at a time.
	Tell func(*findings.Finding) (*Told, error)
	// Loopback says that the server listens on a loopback address, so that requests that name another host are refused.
	Loopback bool
}

// Told is the story of a finding.
type Told struct {
	Now    string       // what became of it, if its universe does not violate its property any more
	Text   string       // the story, for people
	Replay string       // the command that runs the universe again
	Page   *viewer.Page // what the universe's page shows
}

const (
	refreshEvery = time.Second      // at most so often are the store and the bulletins read
	aliveEvery   = 15 * time.Second // a connection that says nothing for long is taken for dead by those between
	streamsMost  = 32
	toldKept     = 8
	readTimeout  = 10 * time.Second
	lastWait     = 3 * time.Second // for requests that are under way when the server ends
)

// Server serves a store of findings. All its methods are for many goroutines.
type Server struct {
	Config
	mux  *http.ServeMux
	stop context.Context // ends the streams

	seen  sync.Mutex // guards what follows
	state state

	telling sync.Mutex // guards what follows
	told    map[string]*telling
	order   []string // of told, the oldest first

	streams chan struct{} // one token a stream
}

// telling is a story that was told, and its page once somebody wanted it.
type telling struct {
	*Told
	html []byte
}

// New makes a server. It ends its streams when ctx ends.
func New(ctx context.Context, c Config) *Server {
	s := &Server{Config: c, mux: http.NewServeMux(), stop: ctx, told: map[string]*telling{}, streams: make(chan struct{}, streamsMost)}
	s.mux.HandleFunc("GET /{$}", s.list)
	s.mux.HandleFunc("GET /state.json", s.stateJSON)
	s.mux.HandleFunc("GET /events", s.events)
	s.mux.HandleFunc("GET /findings/{id}", s.finding)
	s.mux.HandleFunc("GET /findings/{id}/page.html", s.page)
	s.mux.HandleFunc("GET /findings/{id}/repro.json", s.repro)
	s.mux.HandleFunc("GET /dashboard.js", asset("text/javascript; charset=utf-8", viewer.DashboardScript()))
	s.mux.HandleFunc("GET /dashboard.css", asset("text/css; charset=utf-8", viewer.DashboardStyle()))
	s.mux.HandleFunc("/", s.nothing)
	return s
}

// Serve answers on a listener until the server's context ends. Then it returns nil.
func (s *Server) Serve(l net.Listener) error {
	h := &http.Server{Handler: s, ReadHeaderTimeout: readTimeout, BaseContext: func(net.Listener) context.Context { return s.stop }}
	done := make(chan error, 1)
	go func() {
		<-s.stop.Done()
		ctx, cancel := context.WithTimeout(context.WithoutCancel(s.stop), lastWait)
		defer cancel()
		done <- h.Shutdown(ctx)
	}()
	if err := h.Serve(l); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	if err := <-done; err != nil && !errors.Is(err, context.DeadlineExceeded) {
		return err
	}
	return h.Close()
}

// policy is what a page of the server may do: nothing but load from it.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// runPolicy is the same of a run's page, which holds all that it wants.
const runPolicy = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// ServeHTTP answers a request.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	h := w.Header()
	h.Set("Content-Security-Policy", policy)
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Referrer-Policy", "no-referrer")
	h.Set("Cross-Origin-Resource-Policy", "same-origin")
	h.Set("Cache-Control", "no-store")
	if s.Loopback && !isLoopbackHost(r.Host) {
		s.fail(w, http.StatusForbidden, fmt.Sprintf("This server is for this machine alone: want localhost or 127.0.0.1, not %q.", r.Host))
		return
	}
	s.mux.ServeHTTP(w, r)
}

// isLoopbackHost tells whether the host of a request is this machine, by a name that nobody else can give it.
func isLoopbackHost(host string) bool {
	if name, _, err := net.SplitHostPort(host); err == nil {
		host = name
	}
	if len(host) > 2 && host[0] == '[' && host[len(host)-1] == ']' {
		host = host[1 : len(host)-1]
	}
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func asset(kind string, data []byte) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", kind)
		_, _ = w.Write(data) // who has gone away wants nothing
	}
}

// fail answers with a page that says what is wrong.
func (s *Server) fail(w http.ResponseWriter, code int, why string) {
	s.write(w, code, "failed", failedView{frame: s.frame("Orrery"), Why: why})
}

func (s *Server) nothing(w http.ResponseWriter, r *http.Request) {
	code, why := http.StatusNotFound, "There is no such page here."
	if r.Method != http.MethodGet && r.Method != http.MethodHead {
		w.Header().Set("Allow", "GET, HEAD")
		code, why = http.StatusMethodNotAllowed, "This server only shows what there is: want GET."
	}
	s.fail(w, code, why)
}

// write renders a page, whole or as an error.
func (s *Server) write(w http.ResponseWriter, code int, name string, view any) {
	var b bytes.Buffer
	if err := templates.ExecuteTemplate(&b, name, view); err != nil {
		http.Error(w, "the page could not be made: "+err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(code)
	_, _ = w.Write(b.Bytes()) // who has gone away wants nothing
}

func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	s.write(w, http.StatusOK, "list", s.listView(r.URL.Query().Get("state")))
}

func (s *Server) stateJSON(w http.ResponseWriter, _ *http.Request) {
	st := s.now()
	list := make([]findings.Finding, len(st.findings))
	for i, f := range st.findings {
		f.Repro = nil // it is large, and to be had by itself
		list[i] = f
	}
	campaigns := slices.Clone(st.campaigns)
	for i := range campaigns {
		campaigns[i].Memory = nil // of the strategy, and for nobody else
	}
	text, err := json.Marshal(struct {
		Findings  []findings.Finding  `json:"findings"`
		Campaigns []findings.Progress `json:"campaigns"`
		Hunts     []Bulletin          `json:"hunts"`
		Wrong     []string            `json:"wrong,omitempty"`
	}{list, campaigns, st.hunts, st.wrong})
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_, _ = w.Write(append(text, '\n'))
}
