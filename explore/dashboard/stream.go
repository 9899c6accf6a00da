package dashboard

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

// events is a stream of server-sent events: each is a part of the list's page, as its id and its HTML, whenever that
// has changed. The first ones are all parts, so that a reader who comes back misses nothing.
func (s *Server) events(w http.ResponseWriter, r *http.Request) {
	select {
	case s.streams <- struct{}{}:
		defer func() { <-s.streams }()
	default:
		s.fail(w, http.StatusServiceUnavailable, fmt.Sprintf("%d pages are being kept up to date, and that is enough: close one.", streamsMost))
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/event-stream")
	h.Set("X-Accel-Buffering", "no") // of a proxy
	out := http.NewResponseController(w)
	if _, err := fmt.Fprint(w, "retry: 2000\n\n"); err != nil {
		return
	}
	tick := time.NewTicker(refreshEvery)
	defer tick.Stop()
	sent, last := map[string]string{}, time.Now()
	for {
		said, err := s.send(w, r.URL.Query().Get("state"), sent)
		if err == nil && !said && time.Since(last) >= aliveEvery {
			_, err = fmt.Fprint(w, ": still here\n\n")
			said = true
		}
		if said {
			last = time.Now()
		}
		if err != nil || out.Flush() != nil {
			return
		}
		select {
		case <-tick.C:
		case <-r.Context().Done():
			return
		case <-s.stop.Done():
			return
		}
	}
}

// send sends the parts that are not what was sent before, and tells whether there were any.
func (s *Server) send(w http.ResponseWriter, only string, sent map[string]string) (said bool, err error) {
	view := s.listView(only)
	for _, id := range parts {
		var b bytes.Buffer
		if err := templates.ExecuteTemplate(&b, id, view); err != nil {
			return said, err
		}
		html := b.String()
		if html == sent[id] {
			continue
		}
		sent[id], said = html, true
		text, err := json.Marshal(struct {
			ID   string `json:"id"`
			HTML string `json:"html"`
		}{id, html})
		if err != nil {
			return said, err
		}
		if _, err := fmt.Fprintf(w, "event: part\ndata: %s\n\n", text); err != nil {
			return said, err
		}
	}
	return said, nil
}
