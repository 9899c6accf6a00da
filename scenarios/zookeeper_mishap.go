package scenarios

import (
	"errors"
	"strings"
	"time"

	"orrery/nodes"
	"orrery/nodes/zab/store"
	"orrery/sim"
	"orrery/sim/vdisk"
)

// zkLoss is an accident of an administrator: the snapshots of a server are not where they were when it starts (the partition of dataDir
// is not mounted, and that of dataLogDir is), and come back later. Meanwhile the server must not start, for what is
// left of its log is no history.
type zkLoss struct {
	z    *zkWorld
	id   nodes.ID
	gone []string // the zxids of the snapshots, while they are away
	over bool
}

const (
	zkThere      = "version-2/snapshot." // begins the names of snapshots
	zkAway       = "version-2/away."     // and does so meanwhile
	zkLossLatest = 8 * time.Second       // it happens no more: the server has all of its history in its log
)

// loseSnapshots has it happen to one of the voters, at some time.
func (z *zkWorld) loseSnapshots() {
	l := &zkLoss{z: z, id: z.voters[z.w.Draw("snapshots are lost/whose", uint64(len(z.voters)))]}
	z.loss = l
	z.w.U.After(z.w.DrawDuration("snapshots are lost/when", 500*time.Millisecond, 3*time.Second), "snapshots are lost", l.happen)
}

// happen kills the server and takes its snapshots away. There must be some, and a log that is not all of the history.
func (l *zkLoss) happen() {
	u := l.z.w.U
	if l.over = l.z.load.stopped || u.Now() > zkLossLatest; l.over {
		return
	}
	m, s := u.Machine(l.id), l.z.of(l.id)
	disk := readOnly{m.Disk()}
	if s == nil || !s.Serves() || len(snapshots(disk)) == 0 {
		u.After(50*time.Millisecond, "snapshots are lost", l.happen)
		return
	}
	if log, err := s.LogOnDisk(disk, 0); err != nil || len(log) == 0 || l.z.watch.position(log[0].Zxid) <= 1 {
		u.After(50*time.Millisecond, "snapshots are lost", l.happen)
		return
	}
	m.Kill(vdisk.LoseNothing)
	names, _ := m.Disk().List("version-2")
	for _, name := range names {
		if _, zxid, ok := strings.Cut(name, "snapshot."); ok {
			l.gone = append(l.gone, zxid)
			l.rename(m, zkThere+zxid, zkAway+zxid)
		}
	}
	m.Start(0)
	l.z.mishaps = append(l.z.mishaps, l.restore)
	u.After(l.z.w.DrawDuration("snapshots are lost/for", time.Second, 3*time.Second), "snapshots are back", l.restore)
}

// restore puts the snapshots back, and starts the server again.
func (l *zkLoss) restore() {
	if l.gone == nil {
		return
	}
	m := l.z.w.U.Machine(l.id)
	m.Kill(vdisk.LoseNothing) // if it has started, which it should not have
	for _, zxid := range l.gone {
		l.rename(m, zkAway+zxid, zkThere+zxid)
	}
	l.gone, l.over = nil, true
	m.Start(0)
}

// rename renames a file for good.
func (l *zkLoss) rename(m *sim.Machine, from, to string) {
	d := m.Disk()
	if err := d.Rename(from, to); err != nil {
		return
	}
	d.EndSync(d.BeginSyncDir("version-2"))
}

// refuses tells whether a server may refuse to start for this reason.
func (z *zkWorld) refuses(id nodes.ID, why error) bool {
	return errors.Is(why, store.ErrNoSnapshot) && z.loss != nil && z.loss.id == id && len(z.loss.gone) > 0
}
