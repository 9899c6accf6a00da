package nodestest

import (
	"bytes"
	"errors"
	"fmt"

	"orrery/nodes"
)

var syncRules = []Rule{
	{"EverySyncEndsOnceWithItsTag", syncsEndOnce},
	{"ASyncOfAMissingFileEndsWithErrNotExist", syncOfNothing},
	{"WhatWasSyncedSurvivesAKill", syncedSurvives},
	{"ARenameAfterASyncIsOldOrNewNeverMixed", renameIsAtomic},
}

func syncsEndOnce(c *cluster) {
	asked := map[nodes.Tag]bool{}
	ended := map[nodes.Tag]int{}
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			d := env.Disk()
			for i := range uint64(30) {
				name := fmt.Sprintf("dir/%d", i%3)
				if err := d.Append(name, []byte("x")); err != nil {
					return err
				}
				tag := nodes.Tag{Name: "sync", N: i}
				if i%10 == 9 {
					d.SyncDir("dir", tag)
				} else {
					d.Sync(name, tag)
				}
				asked[tag] = true
			}
			return nil
		},
		synced: func(_ nodes.Env, tag nodes.Tag, err error) {
			if err != nil || !asked[tag] {
				c.wrongf("sync %v ended: %v", tag, err)
			}
			if ended[tag]++; ended[tag] > 1 {
				c.wrongf("sync %v ended %d times", tag, ended[tag])
			}
		}})
	c.until("all syncs have ended", func() bool { return len(ended) == len(asked) })
	c.pass(silence)
}

func syncOfNothing(c *cluster) {
	ended := false
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			env.Disk().Sync("missing", nodes.Tag{Name: "sync"})
			return nil
		},
		synced: func(_ nodes.Env, _ nodes.Tag, err error) {
			if !errors.Is(err, nodes.ErrNotExist) {
				c.wrongf("the sync of a missing file ended with %v", err)
			}
			ended = true
		}})
	c.until("the sync has ended", func() bool { return ended })
}

func syncedSurvives(c *cluster) {
	syncs := 0
	c.start("n1", &probe{c: c,
		boot: func(env nodes.Env) error {
			d := env.Disk()
			if err := errors.Join(d.Append("top", []byte("kept")), d.Append("dir/log", []byte("kept"))); err != nil {
				return err
			}
			d.Sync("top", nodes.Tag{Name: "sync", N: 1})
			d.Sync("dir/log", nodes.Tag{Name: "sync", N: 2})
			d.SyncDir("", nodes.Tag{Name: "sync", N: 3})
			d.SyncDir("dir", nodes.Tag{Name: "sync", N: 4})
			return nil
		},
		synced: func(env nodes.Env, _ nodes.Tag, err error) {
			if err != nil {
				c.wrongf("sync: %v", err)
			}
			if syncs++; syncs < 4 {
				return
			}
			for _, name := range []string{"top", "dir/log", "new"} {
				if err := env.Disk().Append(name, []byte(" or lost")); err != nil {
					c.wrongf("append: %v", err)
				}
			}
		}})
	c.until("all syncs have ended", func() bool { return syncs == 4 })
	c.restart("n1", &probe{c: c, boot: func(env nodes.Env) error {
		for _, name := range []string{"top", "dir/log"} {
			b, err := env.Disk().ReadFile(name)
			if err != nil || !bytes.HasPrefix(b, []byte("kept")) {
				return fmt.Errorf("%s holds %q (%v), and \"kept\" was synced", name, b, err)
			}
		}
		return nil
	}})
}

// replacer writes ever new versions of a file beside it, and renames them over it. A version
// is 5000 bytes that all are its number.
type replacer struct {
	probe
	version byte  // of the file
	told    *byte // the version that is known to be durable
}

var (
	contentSync = nodes.Tag{Name: "content"}
	nameSync    = nodes.Tag{Name: "name"}
)

func newReplacer(c *cluster, told *byte) *replacer {
	r := &replacer{told: told}
	r.probe = probe{c: c, boot: r.recover, synced: r.step}
	return r
}

func (r *replacer) recover(env nodes.Env) error {
	b, err := env.Disk().ReadFile("state")
	switch {
	case err == nil && len(b) == 5000 && bytes.Count(b, b[:1]) == len(b) && b[0] >= *r.told:
		r.version = b[0]
	case errors.Is(err, nodes.ErrNotExist) && *r.told == 0:
	default:
		return fmt.Errorf("after version %d, the file has %d bytes (%v): %.20q", *r.told, len(b), err, b)
	}
	return r.begin(env)
}

func (r *replacer) begin(env nodes.Env) error {
	d := env.Disk()
	if err := d.Remove("next"); err != nil && !errors.Is(err, nodes.ErrNotExist) {
		return err
	}
	err := d.Append("next", bytes.Repeat([]byte{r.version + 1}, 5000))
	d.Sync("next", contentSync)
	return err
}

func (r *replacer) step(env nodes.Env, tag nodes.Tag, err error) {
	switch {
	case err != nil:
	case tag == contentSync:
		err = env.Disk().Rename("next", "state")
		env.Disk().SyncDir("", nameSync)
	default:
		r.version++
		*r.told = r.version
		if r.version < 250 {
			err = r.begin(env)
		}
	}
	if err != nil {
		r.c.wrongf("version %d: %v", r.version, err)
	}
}

func renameIsAtomic(c *cluster) {
	var told byte
	c.start("n1", newReplacer(c, &told))
	for i := range byte(10) {
		c.until("a new version is durable", func() bool { return told > 2*i })
		c.restart("n1", newReplacer(c, &told))
	}
}
