package findings

import (
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"strings"
	"time"

	"go.etcd.io/bbolt"
)

// Progress is how far a campaign has come.
type Progress struct {
	ID       string `json:"id"`
	Scenario string `json:"scenario"`
	Bug      string `json:"bug,omitempty"`
	Strategy string `json:"strategy"`
	Seed     uint64 `json:"seed"`
	// Done is how many executions are done: all from 0 to Done-1.
	Done uint64 `json:"done"`
	// Until is where the budget ends that was asked for last; if Done is less, that run was cut
	// short. 0 stands for a budget of time, or none that is open.
	Until    uint64    `json:"until,omitempty"`
	Violated uint64    `json:"violated"` // executions that violated something
	Updated  time.Time `json:"updated"`
	// LookedInto is how many violations of each property became pending, of the budget that was asked for last.
	LookedInto map[string]int `json:"looked_into,omitempty"`
	// Memory is what the strategy had learnt before the batch of execution MemoryOf; nil if it learns nothing. That is the batch of
	// execution Done, but where the last execution of a batch was kept and what was learnt from it was not.
	Memory   json.RawMessage `json:"memory,omitempty"`
	MemoryOf *uint64         `json:"memory_of,omitempty"`
}

// Pending is a violation that was not looked into yet.
type Pending struct {
	Scenario string          `json:"scenario"`
	Bug      string          `json:"bug,omitempty"`
	Property string          `json:"property"`
	Detail   string          `json:"detail,omitempty"`
	Sighting Sighting        `json:"sighting"`
	Repro    json.RawMessage `json:"repro"`
}

// key sorts the pending violations of a campaign by execution.
func (p *Pending) key() []byte {
	return binary.BigEndian.AppendUint64([]byte(p.Sighting.Campaign+"/"), p.Sighting.Execution)
}

// Session counts a run of a command, and returns its name: two runs have two names, whatever their clocks
// say.
func (s *Store) Session() (name string, err error) {
	err = s.update(func(tx *bbolt.Tx) error {
		n, err := tx.Bucket(metaBucket).NextSequence()
		name = fmt.Sprint(n)
		return err
	})
	return name, err
}

// Commit writes how far a campaign has come, and the violation that its last execution was, if it was one, in
// one step.
func (s *Store) Commit(p Progress, v *Pending) error {
	return s.update(func(tx *bbolt.Tx) error {
		if v != nil {
			if err := put(tx, pendingBucket, v.key(), v); err != nil {
				return err
			}
		}
		return put(tx, campaignsBucket, []byte(p.ID), &p)
	})
}

// Progress returns how far a campaign has come; ok is false if it has never begun.
func (s *Store) Progress(id string) (p Progress, ok bool, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		ok, err = get(tx, campaignsBucket, []byte(id), &p)
		return err
	})
	return p, ok, err
}

// Campaigns are all that have begun, sorted by their names.
func (s *Store) Campaigns() ([]Progress, error) { return list[Progress](s, campaignsBucket, "") }

// Pending are the violations of a campaign that nobody has looked into, in the order of their
// executions.
func (s *Store) Pending(campaign string) ([]Pending, error) {
	return list[Pending](s, pendingBucket, campaign+"/")
}

// Keep makes a finding of a pending violation, in one step: a new one, or one more sighting of one that
// there is. shrunk is what became of it: its key, detail, repro and size. It returns the finding, and
// whether the store has not had it before.
func (s *Store) Keep(p *Pending, shrunk Finding) (f Finding, fresh bool, err error) {
	err = s.update(func(tx *bbolt.Tx) error {
		shrunk.ID = shrunk.Key.ID()
		known, err := get(tx, findingsBucket, []byte(shrunk.ID), &f)
		if err != nil {
			return err
		}
		switch fresh = !known; {
		case fresh:
			f = shrunk
			f.State, f.Seen, f.First, f.Last = New, 1, p.Sighting, p.Sighting
		default:
			was := f.State
			f = f.seen(p.Sighting)
			if was == Gone || shrunk.Shrunk && (!f.Shrunk || shrunk.Events < f.Events) {
				f.Detail, f.Repro, f.Events, f.Shrunk = shrunk.Detail, shrunk.Repro, shrunk.Events, shrunk.Shrunk
			}
		}
		if err := put(tx, findingsBucket, []byte(f.ID), &f); err != nil {
			return err
		}
		return tx.Bucket(pendingBucket).Delete(p.key())
	})
	return f, fresh, err
}

// Drop forgets a pending violation: it is one of very many of its property, and only counted.
func (s *Store) Drop(p *Pending) error {
	return s.update(func(tx *bbolt.Tx) error { return tx.Bucket(pendingBucket).Delete(p.key()) })
}

// Findings are all of them, sorted by their names.
func (s *Store) Findings() ([]Finding, error) { return list[Finding](s, findingsBucket, "") }

// Find returns the finding whose name begins with prefix, if there is only one.
func (s *Store) Find(prefix string) (Finding, error) {
	found, err := list[Finding](s, findingsBucket, prefix)
	switch {
	case err != nil:
		return Finding{}, err
	case len(found) == 0 || prefix == "":
		return Finding{}, fmt.Errorf("there is no finding %q in %s", prefix, s.path)
	case len(found) > 1:
		var ids []string
		for _, f := range found {
			ids = append(ids, f.ID)
		}
		return Finding{}, fmt.Errorf("%q is the beginning of %s", prefix, strings.Join(ids, ", "))
	}
	return found[0], nil
}

// errNoFinding is the error for a finding that has vanished while it was looked at.
var errNoFinding = errors.New("there is no such finding any more")

// change changes a finding.
func (s *Store) change(id string, to func(Finding) Finding) (f Finding, err error) {
	err = s.update(func(tx *bbolt.Tx) error {
		known, err := get(tx, findingsBucket, []byte(id), &f)
		if err != nil || !known {
			return errors.Join(err, errNoFinding)
		}
		f = to(f)
		return put(tx, findingsBucket, []byte(id), &f)
	})
	return f, err
}

// Replayed notes what a replay of a finding has shown: gone if it is not violated any more.
func (s *Store) Replayed(id string, violated bool, session string) (Finding, error) {
	return s.change(id, func(f Finding) Finding { return f.replayed(violated, session) })
}

// Close declares a finding gone, and says why. It is back when it is seen again.
func (s *Store) Close(id, note string) (Finding, error) {
	return s.change(id, func(f Finding) Finding {
		f.State, f.Note = Gone, note
		return f
	})
}

// Reopen takes a Close back.
func (s *Store) Reopen(id string) (Finding, error) {
	return s.change(id, func(f Finding) Finding {
		f.State, f.Note = Open, ""
		return f
	})
}

// A record is the checksum of its key and its JSON, and the JSON.
const sumLen = 4

var table = crc32.MakeTable(crc32.Castagnoli)

func sum(key, data []byte) uint32 { return crc32.Update(crc32.Checksum(key, table), table, data) }

func decode(key, record []byte, v any) error {
	if len(record) < sumLen {
		return errSum
	}
	data := record[sumLen:]
	if binary.BigEndian.Uint32(record) != sum(key, data) {
		return errSum
	}
	return json.Unmarshal(data, v)
}

var errSum = errors.New("its checksum is wrong")

func put(tx *bbolt.Tx, bucket, key []byte, v any) error {
	data, err := json.Marshal(v)
	if err != nil {
		return err
	}
	record := binary.BigEndian.AppendUint32(make([]byte, 0, sumLen+len(data)), sum(key, data))
	return tx.Bucket(bucket).Put(key, append(record, data...))
}

func get(tx *bbolt.Tx, bucket, key []byte, v any) (ok bool, err error) {
	record := tx.Bucket(bucket).Get(key)
	if record == nil {
		return false, nil
	}
	return true, decode(key, record, v)
}

// list reads all records of a bucket whose keys begin with prefix, in the order of the keys.
func list[R any](s *Store, bucket []byte, prefix string) (records []R, err error) {
	err = s.view(func(tx *bbolt.Tx) error {
		c := tx.Bucket(bucket).Cursor()
		for k, v := c.Seek([]byte(prefix)); k != nil && strings.HasPrefix(string(k), prefix); k, v = c.Next() {
			var r R
			if err := decode(k, v, &r); err != nil {
				return err
			}
			records = append(records, r)
		}
		return nil
	})
	return records, err
}
