package dashboard

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// BulletinVersion is the version of the bulletins that are written, and the newest that is read.
const BulletinVersion = 1

// bulletins is the directory of the bulletins, in that of the store.
const bulletins = "hunts"

// silence is how long a hunt may say nothing before it is taken for dead. It publishes every second.
const silence = 15 * time.Second

// Bulletin is what a hunt publishes of itself. Fields are only ever added.
type Bulletin struct {
	Version int       `json:"version"`
	Session string    `json:"session"` // the hunt's name in the store
	By      string    `json:"by,omitempty"`
	Began   time.Time `json:"began"`
	Updated time.Time `json:"updated"`
	Doing   string    `json:"doing,omitempty"`  // if it is anything else than running executions
	Ending  string    `json:"ending,omitempty"` // why it ended; "" while it runs
	Workers int       `json:"workers"`          // universes at a time
	Budget  string    `json:"budget,omitempty"` // in words
	Legs    []Leg     `json:"legs"`             // one a scenario
	Samples []Sample  `json:"samples,omitempty"`
}

// Leg is how the campaign of one scenario goes. All numbers are those of this hunt, not of hunts before it.
type Leg struct {
	Campaign   string            `json:"campaign"`
	Scenario   string            `json:"scenario"`
	Bug        string            `json:"bug,omitempty"` // the planted defect
	Strategy   string            `json:"strategy"`
	Done       uint64            `json:"done"`            // executions, with those of hunts before
	Until      uint64            `json:"until,omitempty"` // where the budget ends; 0 if only time bounds it
	Executions uint64            `json:"executions"`
	Events     uint64            `json:"events"`
	VirtualNS  int64             `json:"virtual_ns"`
	Verdicts   map[string]uint64 `json:"verdicts"`
	Marks      []Mark            `json:"marks,omitempty"`
	Faults     []Fault           `json:"faults,omitempty"`
	Ending     string            `json:"ending,omitempty"`
}

// Mark is a situation that a campaign should reach, and in how many executions it has.
type Mark struct {
	Name       string `json:"name"`
	Executions uint64 `json:"executions"` // 0: never reached
}

// Fault is what became of one kind of fault.
type Fault struct {
	Kind    string `json:"kind"`
	Bit     uint64 `json:"bit"`     // had an effect
	Noop    uint64 `json:"noop"`    // was in force, and had none
	Skipped uint64 `json:"skipped"` // was not allowed where it was to strike
}

// Sample is how much was done at one moment.
type Sample struct {
	MS         int64  `json:"ms"` // since the hunt began
	Executions uint64 `json:"executions"`
	Events     uint64 `json:"events"`
}

// Executions is how many the hunt has run.
func (b *Bulletin) Executions() (n uint64) {
	for i := range b.Legs {
		n += b.Legs[i].Executions
	}
	return n
}

// Events is how many events happened in them.
func (b *Bulletin) Events() (n uint64) {
	for i := range b.Legs {
		n += b.Legs[i].Events
	}
	return n
}

// Running tells whether the hunt goes on, as far as one can know at that time: it has not ended, and was heard of lately.
func (b *Bulletin) Running(now time.Time) bool {
	return b.Ending == "" && now.Sub(b.Updated) < silence
}

// Bulletins reads those in the directory of a store, those first that began last. What cannot be read is left out, and
// wrong says why, a line each.
func Bulletins(dir string) (list []Bulletin, wrong []string) {
	entries, err := os.ReadDir(filepath.Join(dir, bulletins))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return nil, []string{err.Error()}
	}
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".json") {
			continue
		}
		b, err := readBulletin(filepath.Join(dir, bulletins, e.Name()))
		switch {
		case errors.Is(err, os.ErrNotExist): // it was taken away meanwhile
		case err != nil:
			wrong = append(wrong, err.Error())
		default:
			list = append(list, b)
		}
	}
	slices.SortStableFunc(list, func(a, b Bulletin) int { return b.Began.Compare(a.Began) })
	return list, wrong
}

func readBulletin(path string) (b Bulletin, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return b, err
	}
	switch err := json.Unmarshal(text, &b); {
	case b.Version > BulletinVersion:
		return b, fmt.Errorf("%s: a bulletin of version %d; this program reads up to %d", path, b.Version, BulletinVersion)
	case err != nil || b.Version < 1:
		return b, fmt.Errorf("%s: it is no bulletin of a hunt", path)
	}
	return b, nil
}
