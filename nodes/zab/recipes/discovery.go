package recipes

import (
	"errors"
	"slices"
	"time"

	"orrery/nodes/zab/client"
	"orrery/nodes/zab/proto"
)

// DiscoveryQuirks are wrong forms of service discovery that are met in programs.
type DiscoveryQuirks struct {
	// KeepsOld takes NODEEXISTS for success: the node is that of the session before the restart, and vanishes with it
	// (ZooKeeper Programmer's Guide, "Ephemeral Nodes": they live as long as the session that created them).
	KeepsOld bool
	// WatchOnce leaves one watch, and none again after it has fired: it is used up then
	// (ZooKeeper Programmer's Guide, "Things to Remember about Watches").
	WatchOnce bool
	// CountsEvents keeps its list by the events of a recursive watch, and does not list again after the connection was lost: of
	// what happened meanwhile no such watch ever tells.
	CountsEvents bool
	// StaleReads looks up at whichever server it is connected to, however far that lags behind what the caller has been told.
	StaleReads bool
}

// Register puts a service's instance into the list below path, for as long as the party's session lives. If the instance stands there
// from an earlier life of the party, that entry is replaced.
func (p *Party) Register(path string, data []byte, q DiscoveryQuirks, patience time.Duration) (zxid int64, err error) {
	deadline := p.deadline(patience)
	if err := p.ensure(path, nil, deadline); err != nil {
		return 0, err
	}
	own := path + "/" + p.Name
	if q.KeepsOld {
		d, err := p.again(client.Create(own, data, nil, proto.ModeEphemeral), deadline)
		if err == nil && d.Err != proto.CodeNodeExists {
			err = failed(d)
		}
		return d.Zxid, err
	}
	if err := p.plant(own, data, deadline); err != nil {
		return 0, err
	}
	return p.S.Client().Zxid(), nil
}

// Directory is a list of instances as one party sees it: what it believes is up to date as of Zxid.
type Directory struct {
	Party
	Path   string
	Quirks DiscoveryQuirks

	// Instances are the names, sorted.
	Instances []string
	// Zxid is as of when.
	Zxid int64
	// Notified counts the events, Repeated those after which nothing had changed.
	Notified, Repeated int

	session  int64 // that the watch was left under
	armed    bool
	recently bool // there has been a list at all
}

// Follow keeps the list up to date for d. It lists anew after each event, for an event says only that something has changed; and
// for each session, whose watches are its own.
func (d *Directory) Follow(patience time.Duration) error {
	deadline := d.deadline(patience)
	for d.T.Monotonic() < deadline {
		if d.S.Client().State().Over() {
			return ErrSession
		}
		if d.session != d.S.Client().Session() || d.session == 0 {
			d.armed = false
		}
		if !d.armed {
			if err := d.arm(deadline); errors.Is(err, ErrTimeout) {
				return nil
			} else if err != nil {
				return err
			}
		}
		w, ok := d.S.Watched(deadline - d.T.Monotonic())
		if !ok {
			continue
		}
		d.Notified++
		switch {
		case d.Quirks.CountsEvents:
			d.count(w)
		case d.Quirks.WatchOnce:
			if err := d.list(false, deadline); err != nil {
				return err
			}
		case w.Path == d.Path:
			d.armed = false
		}
	}
	return nil
}

// arm leaves the watch and lists.
func (d *Directory) arm(deadline time.Duration) error {
	if err := d.ensure(d.Path, nil, deadline); err != nil {
		return err
	}
	if d.Quirks.CountsEvents {
		if _, err := d.again(client.AddWatch(d.Path, proto.WatchPersistentRecursive), deadline); err != nil {
			return err
		}
	}
	if err := d.list(!d.Quirks.CountsEvents, deadline); err != nil {
		return err
	}
	d.armed, d.session = true, d.S.Client().Session()
	return nil
}

func (d *Directory) list(watch bool, deadline time.Duration) error {
	names, zxid, err := d.children(d.Path, watch, deadline)
	if err != nil {
		return err
	}
	slices.Sort(names)
	if d.recently && slices.Equal(names, d.Instances) {
		d.Repeated++
	}
	d.Instances, d.Zxid, d.recently = names, zxid, true
	return nil
}

// count changes the list by an event.
func (d *Directory) count(w client.Watched) {
	name := base(w.Path)
	i, there := slices.BinarySearch(d.Instances, name)
	switch {
	case w.Path == d.Path:
	case w.Type == proto.EventNodeCreated && !there:
		d.Instances = slices.Insert(d.Instances, i, name)
	case w.Type == proto.EventNodeDeleted && there:
		d.Instances = slices.Delete(d.Instances, i, i+1)
	}
	d.Zxid = max(d.Zxid, w.Zxid)
}

// Lookup lists the instances as of told at least: a zxid that the caller has from elsewhere, as from an instance that said "I am there"
// and of which transaction. A read may be older than what others know, even behind a sync if its leader had been deposed; a zxid
// cannot be mistaken.
func (d *Directory) Lookup(told int64, patience time.Duration) (instances []string, zxid int64, err error) {
	deadline := d.deadline(patience)
	for {
		names, zxid, err := d.children(d.Path, false, deadline)
		if err != nil {
			return nil, 0, err
		}
		if zxid >= told || d.Quirks.StaleReads {
			slices.Sort(names)
			return names, zxid, nil
		}
		if d.T.Monotonic() >= deadline {
			return nil, 0, ErrTimeout
		}
		if _, err := d.again(client.Sync(d.Path), deadline); err != nil {
			return nil, 0, err
		}
		d.S.Sleep(pause)
	}
}
