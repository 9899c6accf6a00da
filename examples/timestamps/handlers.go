package timestamps

import "orrery/nodes"

// Server is the oracle as handlers.
type Server struct {
	Quirks  Quirks
	window  uint64     // the last one that was begun
	left    uint64     // how many of its timestamps may be told
	waiting []question // those for which there were none
	syncing bool
}

type question struct {
	from nodes.ID
	Ask
}

// Codec implements nodes.Node.
func (s *Server) Codec() nodes.Codec { return Codec() }

// Boot leaves every window alone that was begun before.
func (s *Server) Boot(env nodes.Env) (err error) {
	s.window, err = lastWindow(env.Disk())
	return err
}

// Deliver takes a question.
func (s *Server) Deliver(env nodes.Env, from nodes.ID, m nodes.Message) {
	if ask, ok := m.(Ask); ok {
		s.waiting = append(s.waiting, question{from, ask})
		s.serve(env)
	}
}

// serve answers while the window lasts, and then begins another.
func (s *Server) serve(env nodes.Env) {
	for ; len(s.waiting) > 0 && s.left > 0; s.left-- {
		q := s.waiting[0]
		s.waiting = s.waiting[1:]
		env.Send(q.from, Answer{q.Question, (s.window+1)*size - s.left})
	}
	if len(s.waiting) > 0 && !s.syncing {
		s.begin(env)
	}
}

// begin begins the next window.
func (s *Server) begin(env nodes.Env) {
	s.window++
	if err := env.Disk().Append(fileOf(s.window), nil); err != nil {
		env.Halt(err)
	}
	s.syncing = true
	if tag := (nodes.Tag{Name: "window"}); s.Quirks.SyncFileOnly {
		env.Disk().Sync(fileOf(s.window), tag)
	} else {
		env.Disk().SyncDir("", tag)
	}
	if s.Quirks.TellBeforeSync {
		s.left = size
		s.serve(env)
	}
}

// Synced opens the window that is now durable.
func (s *Server) Synced(env nodes.Env, _ nodes.Tag, err error) {
	if err != nil {
		env.Halt(err) // the name may be gone, although it can still be read
	}
	s.syncing = false
	if !s.Quirks.TellBeforeSync {
		s.left = size
	}
	s.serve(env)
}

// Fire implements nodes.Node: there are no timers.
func (s *Server) Fire(nodes.Env, nodes.Tag) {}
