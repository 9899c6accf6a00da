package dashboard

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"sync"
	"time"
)

const (
	publishEvery = time.Second
	samplesKept  = 120 // of the last two minutes
	keptFor      = time.Minute
)

// Publisher keeps the bulletin of one hunt up to date. Post is for one goroutine.
type Publisher struct {
	path  string
	began time.Time
	every time.Duration

	mu      sync.Mutex
	latest  Bulletin
	posted  time.Time
	samples []Sample
	err     error // the first one

	stop, stopped chan struct{}
}

// Publish begins the bulletin of a hunt in the directory of its store, and takes bulletins away that are of no use any
// more: those of hunts that have ended or died. The error is that of the file system.
func Publish(dir string, first Bulletin) (*Publisher, error) {
	return publish(dir, first, publishEvery)
}

func publish(dir string, first Bulletin, every time.Duration) (*Publisher, error) {
	at := filepath.Join(dir, bulletins)
	if err := os.MkdirAll(at, 0o755); err != nil {
		return nil, err
	}
	old, err := os.ReadDir(at)
	if err != nil {
		return nil, err
	}
	for _, e := range old {
		path := filepath.Join(at, e.Name())
		info, err := e.Info()
		if err != nil {
			continue // somebody else has taken it away
		}
		if b, err := readBulletin(path); time.Since(info.ModTime()) > keptFor || err == nil && b.Ending != "" {
			_ = os.Remove(path) // it is of no use, but does no harm
		}
	}
	p := &Publisher{
		path: filepath.Join(at, first.Session+".json"), began: time.Now(), every: every, latest: first,
		stop: make(chan struct{}), stopped: make(chan struct{}),
	}
	if err := p.write(); err != nil {
		return nil, err
	}
	go p.run()
	return p, nil
}

// Due tells whether a second has passed since the last Post, so that what is posted has to be made only then.
func (p *Publisher) Due() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return time.Since(p.posted) >= p.every
}

// Post says how the hunt goes. It is published within a second; the caller does not wait for that, and must not change
// what it gave away.
func (p *Publisher) Post(b Bulletin) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.latest, p.posted = b, time.Now()
}

// Close publishes the last bulletin, in which Ending should be set, and ends. It returns the first error of
// all that were met.
func (p *Publisher) Close(last Bulletin) error {
	close(p.stop)
	<-p.stopped
	p.Post(last)
	return errors.Join(p.err, p.write())
}

// run publishes every second, also if nothing new was posted: a hunt that makes a finding smaller lives.
func (p *Publisher) run() {
	defer close(p.stopped)
	tick := time.NewTicker(p.every)
	defer tick.Stop()
	for {
		select {
		case <-p.stop:
			return
		case <-tick.C:
			if err := p.write(); err != nil && p.err == nil {
				p.err = err
			}
		}
	}
}

// write puts the bulletin on disk, whole or not at all.
func (p *Publisher) write() error {
	p.mu.Lock()
	b := p.latest
	p.mu.Unlock()
	b.Version, b.Began, b.Updated = BulletinVersion, p.began.UTC(), time.Now().UTC()
	p.samples = append(p.samples, Sample{MS: time.Since(p.began).Milliseconds(), Executions: b.Executions(), Events: b.Events()})
	if n := len(p.samples); n > samplesKept {
		p.samples = p.samples[n-samplesKept:]
	}
	b.Samples = p.samples
	text, err := json.Marshal(&b)
	if err != nil {
		return err
	}
	fresh := p.path + ".new"
	if err := os.WriteFile(fresh, append(text, '\n'), 0o644); err != nil {
		return err
	}
	return os.Rename(fresh, p.path)
}
