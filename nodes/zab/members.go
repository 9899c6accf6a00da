package zab

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"orrery/nodes"
	"orrery/nodes/zab/config"
	"orrery/nodes/zab/proto"
	"orrery/nodes/zab/tree"
)

// members writes the ensemble to disk when it changes, in the files of the original: one after the other, each
// in one step. What these files say is needed by whoever starts the server; a reconfiguration is also in the log, so that a
// crash between them loses none.
type members struct {
	steps []memberStep
	busy  bool
}

// memberStep is a file that gets a new content, or is removed.
type memberStep struct {
	name   string
	text   []byte
	remove bool
	edit   func(old []byte) []byte // of what is there, if it is not nil; a file that is not there stays so
}

// The syncs of these files: of a file, and of the directory.
var (
	tagMemberFile = nodes.Tag{Name: "members", N: 1}
	tagMemberDir  = nodes.Tag{Name: "members", N: 2}
)

func (s *Server) saveMembers(env nodes.Env, steps ...memberStep) {
	if s.cfg.File == "" {
		return
	}
	s.members.steps = append(s.members.steps, steps...)
	if !s.members.busy {
		s.memberStep(env)
	}
}

// memberStep begins with the next file.
func (s *Server) memberStep(env nodes.Env) {
	m, disk := &s.members, env.Disk()
	m.busy = false
	for len(m.steps) > 0 && !m.busy {
		step := m.steps[0]
		switch {
		case step.remove:
			if err := disk.Remove(step.name); err == nil {
				m.busy = true
				disk.SyncDir("", tagMemberDir)
				continue
			}
			m.steps = m.steps[1:]
			continue
		case step.edit != nil:
			old, err := disk.ReadFile(step.name)
			if err != nil {
				m.steps = m.steps[1:]
				continue
			}
			step.text = step.edit(old)
		}
		m.busy = true
		if err := s.writeAside(env, step); err != nil {
			env.Halt(fmt.Errorf("zab: cannot write %s: %w", step.name, err))
		}
	}
}

func (s *Server) writeAside(env nodes.Env, step memberStep) error {
	disk, aside := env.Disk(), step.name+".tmp"
	if err := disk.Remove(aside); err != nil && !errors.Is(err, nodes.ErrNotExist) {
		return err
	}
	if err := disk.WriteAt(aside, step.text, 0); err != nil {
		return err
	}
	disk.Sync(aside, tagMemberFile)
	return nil
}

// membersSynced goes on when a file, or its name, is durable.
func (s *Server) membersSynced(env nodes.Env, tag nodes.Tag, err error) {
	m := &s.members
	name := m.steps[0].name
	if err == nil && tag == tagMemberFile {
		if err = env.Disk().Rename(name+".tmp", name); err == nil {
			env.Disk().SyncDir("", tagMemberDir)
			return
		}
	}
	if err != nil {
		env.Halt(fmt.Errorf("zab: cannot write %s: %w", name, err))
	}
	m.steps = m.steps[1:]
	s.memberStep(env)
}

// setNext takes note of an ensemble that is proposed, or that a leader is about to establish: from here on a
// quorum of both is needed (setLastSeenQuorumVerifier).
func (s *Server) setNext(env nodes.Env, q *config.Quorum) {
	if q.Version() == s.lastSeen().Version() {
		return
	}
	s.next = q
	s.elect.SetQuorums(s.quorum, s.next)
	s.saveMembers(env, memberStep{name: config.NextName(s.cfg.File), text: []byte(q.String())})
}

// setQuorum makes an ensemble the one in force (setQuorumVerifier). It tells whether it is another one.
func (s *Server) setQuorum(env nodes.Env, q *config.Quorum) bool {
	if q.Version() <= s.quorum.Version() {
		return false
	}
	changed := !q.SameMembers(s.quorum)
	s.quorum = q
	done := s.next != nil && s.next.Version() <= q.Version()
	if done {
		s.next = nil
	}
	s.elect.SetQuorums(s.quorum, s.next)
	if nodes.Noting(env) {
		nodes.Note(env, fmt.Sprintf("is of the ensemble of version %x", q.Version()))
	}
	dynamic := config.DynamicName(s.cfg.File, q.Version())
	me, _ := q.Member(s.id)
	if err := s.listenForClients(env, me.Client.Port); err != nil && nodes.Noting(env) {
		nodes.Note(env, "cannot accept clients where the ensemble says: "+err.Error())
	}
	steps := []memberStep{
		{name: dynamic, text: q.FileText()},
		{name: s.cfg.File, edit: func(old []byte) []byte {
			return config.EditStatic(old, s.cfg.FileDir+dynamic, !me.Client.IsZero())
		}},
	}
	if done {
		steps = append(steps, memberStep{name: config.NextName(s.cfg.File), remove: true})
	}
	s.saveMembers(env, steps...)
	return changed
}

// bootMembers reads what is on the disk of a change that was under way. It is called before anything else is known.
func (s *Server) bootMembers(env nodes.Env) error {
	if s.cfg.File == "" || s.quorum == nil {
		return nil
	}
	if _, err := env.Disk().Size(s.cfg.File); errors.Is(err, nodes.ErrNotExist) { // nobody has read it for us
		if err := s.newestDynamic(env); err != nil {
			return err
		}
	}
	name := config.NextName(s.cfg.File)
	text, err := env.Disk().ReadFile(name)
	if errors.Is(err, nodes.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	q, err := config.ParseQuorum(name, text)
	if err != nil {
		return err
	}
	if q.Version() > s.quorum.Version() {
		s.next = q
	}
	return nil
}

// newestDynamic takes the members from the newest of their files.
func (s *Server) newestDynamic(env nodes.Env) error {
	prefix := s.cfg.File + ".dynamic."
	names, err := env.Disk().List("")
	if err != nil {
		return err
	}
	best := s.quorum.Version()
	for _, name := range names {
		digits, ok := strings.CutPrefix(name, prefix)
		version, err := strconv.ParseInt(digits, 16, 64)
		if !ok || err != nil || version <= best {
			continue
		}
		text, err := env.Disk().ReadFile(name)
		if err != nil {
			return err
		}
		q, err := config.ParseDynamic(name, text)
		if err != nil {
			return err
		}
		best, s.quorum = version, q
	}
	return nil
}

// loggedQuorum is the ensemble of the last reconfiguration in the history that this server has, committed or not; nil if there is none.
func (s *Server) loggedQuorum() *config.Quorum {
	data, _, _ := s.db.tree.GetData(tree.Reader{Auth: super}, tree.ConfigPath, false)
	q, err := config.ParseQuorum(tree.ConfigPath, slices.Clone(data))
	if err != nil || len(q.Members()) == 0 {
		return nil
	}
	return q
}

// settleNext makes the ensemble that is proposed the one that the log has, whenever a server begins to look for a leader and its memory is what
// its disk holds. The file beside it is written when a proposal comes, before the log is; and what is in the log may be cut off. A leader
// makes the proposal of its history the ensemble in force: it must not be one that this history does not have, as it can be in the
// original. The first configuration, which a leader has named and nobody has logged, stays.
func (s *Server) settleNext(env nodes.Env) {
	if s.quorum == nil || !s.zoo.Reconfig {
		return
	}
	q := s.loggedQuorum()
	if q != nil && q.Version() <= s.quorum.Version() {
		q = nil
	}
	named := s.next != nil && proto.Counter(s.next.Version()) == 0
	if q == nil && (named || s.next == nil) || q != nil && q.Version() == s.lastSeen().Version() {
		return
	}
	if s.cfg.Quirks.NextOutlivesLog && s.next != nil && (q == nil || q.Version() < s.next.Version()) {
		return
	}
	step := memberStep{name: config.NextName(s.cfg.File), remove: q == nil}
	if q != nil {
		step.text = []byte(q.String())
	}
	s.next = q
	if s.elect != nil {
		s.elect.SetQuorums(s.quorum, s.next)
	}
	s.saveMembers(env, step)
}
