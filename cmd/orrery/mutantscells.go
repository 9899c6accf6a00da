package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"orrery/explore/campaign"
	"orrery/explore/strategy"
	"orrery/scenarios"
)

// cellKey says which campaign was measured.
type cellKey struct {
	Scenario string `json:"scenario"`
	Bug      string `json:"bug"`
	Strategy string `json:"strategy"`
	Seed     uint64 `json:"seed"`
	Budget   uint64 `json:"budget"`
}

// cell is one campaign, and what came of it.
type cell struct {
	cellKey
	Executions uint64 `json:"executions"` // that were run, with the one that found it
	Found      bool   `json:"found"`
	Alarms     uint64 `json:"alarms,omitempty"`   // of a control, which does not end at the first
	AlarmAt    uint64 `json:"alarm_at,omitempty"` // the execution that was the first of them
	Property   string `json:"property,omitempty"`
	CPUNS      int64  `json:"cpu_ns"`
	Exhausted  bool   `json:"exhausted,omitempty"` // the strategy had nothing left to try
	First      string `json:"first_hash"`          // of its execution 0

	scenario *scenarios.Scenario
	done     bool
	reused   bool
}

// measure runs a campaign, or takes what is known of it. It stays undone if ctx ends.
func (m *mutants) measure(ctx context.Context, c *cell) error {
	if known, ok := m.kept.find(c.cellKey); ok {
		if stands, err := m.stands(ctx, c, known); err != nil || stands {
			return err
		}
	}
	runtime.LockOSThread() // CPU time is that of the thread
	defer runtime.UnlockOSThread()
	before := m.app.cpu()
	ending, err := m.campaign(ctx, c, c.Budget)
	if err != nil || ending.Why == campaign.Interrupted {
		return err
	}
	c.CPUNS = int64(m.app.cpu() - before)
	c.Executions, c.Exhausted, c.done = ending.Executions, ending.Why == campaign.Exhausted, true
	return m.kept.keep(c)
}

// stands takes over what is known of a campaign, if its first execution still is what it was.
func (m *mutants) stands(ctx context.Context, c *cell, known cell) (bool, error) {
	probe := cell{cellKey: c.cellKey, scenario: c.scenario}
	if _, err := m.campaign(ctx, &probe, 1); err != nil || ctx.Err() != nil {
		return ctx.Err() != nil, err
	}
	if probe.First != known.First {
		return false, nil
	}
	known.scenario, known.done, known.reused = c.scenario, true, true
	*c = known
	return true, nil
}

// campaign runs the campaign of a cell, or the beginning of it.
func (m *mutants) campaign(ctx context.Context, c *cell, executions uint64) (campaign.Ending, error) {
	s, err := strategy.Parse(c.Strategy, c.Seed)
	if err != nil {
		return campaign.Ending{}, err
	}
	until := campaign.Violation
	if c.Bug == "" {
		until = campaign.Budget
	}
	ending, err := campaign.New(campaign.Config{
		Run:  func(o scenarios.Options) (*scenarios.Result, error) { return m.app.run(c.scenario, o) },
		Base: scenarios.Options{Bug: c.Bug}, Strategy: s, Executions: executions, Until: until, Workers: 1, Unchecked: true,
		Seen: func(e *campaign.Execution) bool {
			if e.N == 0 {
				c.First = e.Result.Hash
			}
			if campaign.Interesting(e.Result) { // a harness that panics is no execution that held
				if c.Alarms++; c.Alarms == 1 {
					c.Found, c.Property, c.AlarmAt = true, e.Result.Property, e.N
				}
			}
			return true
		},
	}).Run(ctx)
	if err != nil {
		err = fmt.Errorf("strategy %s and %s: %w", c.Strategy, c.Scenario, err)
	}
	return ending, err
}

// cellCache is the file in which what was measured is kept, a line a campaign. Later lines count.
type cellCache struct {
	mu    sync.Mutex
	known map[cellKey]cell
	file  *os.File
}

// openCells reads the file. A last line that was cut off by a kill is no error, and is cut off for good.
func openCells(path string, restart bool) (*cellCache, error) {
	k := &cellCache{known: map[cellKey]cell{}}
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		return nil, fileError(err)
	}
	whole := int64(0)
	in, err := os.Open(path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return nil, fileError(err)
	default:
		defer in.Close()
		if whole, err = k.read(path, bufio.NewReader(in)); err != nil {
			return nil, err
		}
	}
	if restart {
		k.known = map[cellKey]cell{}
	}
	if k.file, err = os.OpenFile(path, os.O_WRONLY|os.O_CREATE, 0o644); err != nil {
		return nil, fileError(err)
	}
	if err = k.file.Truncate(whole); err == nil {
		_, err = k.file.Seek(whole, 0)
	}
	return k, err
}

// read reads all whole lines, and returns their length.
func (k *cellCache) read(path string, in *bufio.Reader) (whole int64, err error) {
	for n := 1; ; n++ {
		line, err := in.ReadBytes('\n')
		if err != nil {
			return whole, nil // the end of the file, perhaps within a line
		}
		var c cell
		if err := json.Unmarshal(line, &c); err != nil || c.Scenario == "" || c.Strategy == "" {
			return 0, fmt.Errorf("%s:%d: want the record of a campaign, as orrery mutants writes it", path, n)
		}
		k.known[c.cellKey] = c
		whole += int64(len(line))
	}
}

func (k *cellCache) find(key cellKey) (cell, bool) {
	k.mu.Lock()
	defer k.mu.Unlock()
	c, ok := k.known[key]
	return c, ok
}

// keep writes a line at once: whatever kills the process does not take it back.
func (k *cellCache) keep(c *cell) error {
	k.mu.Lock()
	defer k.mu.Unlock()
	return writeJSON(k.file, c)
}

func (k *cellCache) close() { k.file.Close() }
