package stage

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// Plan is a session as a file: what "save as plan" writes, and what is played again from.
type Plan struct {
	Orrery  string   `json:"orrery"` // "steps"
	Version int      `json:"version"`
	Lesson  int      `json:"lesson"`
	Variant string   `json:"variant"`
	Seed    uint64   `json:"seed"`
	Steps   []string `json:"steps"`
	Expect  Expected `json:"expect"`
}

// Expected is what came of a plan when it was saved.
type Expected struct {
	Verdict  string `json:"verdict"`
	Property string `json:"property,omitempty"`
	Hash     string `json:"hash"`
}

// PlanVersion is the version of the file that is written, and the newest that is read.
const PlanVersion = 1

// IsPlan tells whether a file says of itself that it is a plan of steps.
func IsPlan(data []byte) bool {
	var head struct {
		Orrery string `json:"orrery"`
	}
	return json.Unmarshal(data, &head) == nil && head.Orrery == "steps"
}

// ReadPlan reads a plan. The error says what would be right.
func ReadPlan(data []byte) (*Plan, error) {
	var p Plan
	d := json.NewDecoder(bytes.NewReader(data))
	if !IsPlan(data) {
		return nil, fmt.Errorf(`want a file with "orrery": "steps"`)
	}
	if err := d.Decode(&p); err != nil {
		return nil, err
	}
	if p.Version < 1 || p.Version > PlanVersion {
		return nil, fmt.Errorf("version is %d; this program reads up to %d", p.Version, PlanVersion)
	}
	return &p, nil
}

// Play plays the plan in its scene.
func (p *Plan) Play(scene *Scene) (*Session, error) {
	v, err := scene.Variant(p.Variant)
	if err != nil {
		return nil, err
	}
	return Play(scene, v, p.Seed, p.Steps)
}
