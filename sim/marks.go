package sim

import "orrery/nodes"

// Mark is what a run has seen of one coverage mark.
type Mark struct {
	Name    string
	Kind    nodes.MarkKind
	Reached uint64 // how often the mark was passed
	Held    uint64 // how often its condition held
}

// marks counts coverage marks, in the order of their first passing.
type marks struct {
	list []Mark
	at   map[string]int
}

func (k *marks) hit(kind nodes.MarkKind, name string, holds bool) {
	i, known := k.at[name]
	if !known {
		if k.at == nil {
			k.at = map[string]int{}
		}
		i = len(k.list)
		k.at[name] = i
		k.list = append(k.list, Mark{Name: name, Kind: kind})
	}
	k.list[i].Reached++
	if holds {
		k.list[i].Held++
	}
}

// Marks is what the run has seen of the coverage marks, in the order of their first
// passing.
func (u *Universe) Marks() []Mark { return u.marks.list }
