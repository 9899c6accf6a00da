package checker

import (
	"errors"
	"strings"

	"orrery/internal/near"
)

// A Model is a sequential object: which operations it has, and what one client alone would see of it. All models here
// are maps from keys to values; a register is one of its keys, and a history may have many.
type Model struct {
	name    string
	fs      [FCount]bool
	initial Value
}

// The models that come with the package. Keys start out unset.
var (
	// Register is read and write, also under the names get and put.
	Register = newModel("register", Read, Write, Get, Put)
	// CASRegister is Register with compare-and-set.
	CASRegister = newModel("cas-register", Read, Write, Get, Put, CAS)
	// KV is get, put, append, compare-and-set, delete and scan; read and write are get and put.
	KV = newModel("kv", Get, Put, Append, CAS, Delete, Scan, Read, Write)
)

func newModel(name string, fs ...F) Model {
	m := Model{name: name, initial: Unset}
	for _, f := range fs {
		m.fs[f] = true
	}
	return m
}

// Name is the name under which ModelNamed finds the model.
func (m Model) Name() string {
	if m.initial.IsSet() {
		return m.name + ":" + m.initial.Text()
	}
	return m.name
}

// Accepts tells whether the model has the operation f.
func (m Model) Accepts(f F) bool { return f < fEnd && m.fs[f] }

// Initial is the value that every key has before the first operation.
func (m Model) Initial() Value { return m.initial }

// StartingAt returns the model with another initial value of every key: many histories begin at a register that is 0. A
// scan of keys that nobody ever named would then be endless, so only models without Scan are meant for it.
func (m Model) StartingAt(v Value) Model {
	m.initial = v
	if v.IsSet() {
		m.fs[Scan] = false
	}
	return m
}

// Models returns the models by name, for lists and error messages.
func Models() []Model { return []Model{Register, CASRegister, KV} }

// ModelNamed returns the model called name. "register:0" is the register that starts at "0". The error for any other
// name is one line that has the near matches.
func ModelNamed(name string) (Model, error) {
	base, initial, starts := strings.Cut(name, ":")
	for _, m := range Models() {
		if m.name != base {
			continue
		}
		if starts {
			m = m.StartingAt(Val(initial))
		}
		return m, nil
	}
	return Model{}, errors.New(near.Unknown("model", base, modelNames()))
}

func modelNames() (names []string) {
	for _, m := range Models() {
		names = append(names, m.name)
	}
	return names
}
