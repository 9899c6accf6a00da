package dashboard

import (
	"bytes"
	"net/http"

	"orrery/explore/findings"
)

// named finds the finding that a request is about, or says that there is none.
func (s *Server) named(w http.ResponseWriter, r *http.Request) (f findings.Finding, ok bool) {
	f, err := s.find(r.PathValue("id"))
	if err != nil {
		s.fail(w, http.StatusNotFound, upper(err.Error())+".")
		return f, false
	}
	return f, true
}

// finding shows one finding, with its story.
func (s *Server) finding(w http.ResponseWriter, r *http.Request) {
	f, ok := s.named(w, r)
	if !ok {
		return
	}
	v := s.findingView(&f)
	if t, err := s.tell(&f); err != nil {
		v.Wrong = "Its story cannot be told: " + err.Error() + "."
	} else {
		v.Now, v.Text, v.HasPage = t.Now, t.Text, t.Page != nil
		v.Commands = append([]command{{"run it again", t.Replay}}, v.Commands...)
	}
	s.write(w, http.StatusOK, "finding", v)
}

// page is the page of a finding's run: the one that orrery show --page writes.
func (s *Server) page(w http.ResponseWriter, r *http.Request) {
	f, ok := s.named(w, r)
	if !ok {
		return
	}
	html, err := s.html(&f)
	if err != nil {
		s.fail(w, http.StatusInternalServerError, "The page of finding "+f.ID+" cannot be made: "+err.Error()+".")
		return
	}
	w.Header().Set("Content-Security-Policy", runPolicy)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write(html) // who has gone away wants nothing
}

// html makes the page once.
func (s *Server) html(f *findings.Finding) ([]byte, error) {
	t, err := s.tell(f)
	if err != nil {
		return nil, err
	}
	s.telling.Lock()
	defer s.telling.Unlock()
	if t.html != nil {
		return t.html, nil
	}
	var b bytes.Buffer
	if err := t.Page.Write(&b); err != nil {
		return nil, err
	}
	t.html = b.Bytes()
	return t.html, nil
}

func (s *Server) repro(w http.ResponseWriter, r *http.Request) {
	f, ok := s.named(w, r)
	if !ok {
		return
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Disposition", `attachment; filename="`+f.ID+`-repro.json"`)
	_, _ = w.Write(append(bytes.TrimSpace(f.Repro), '\n'))
}
