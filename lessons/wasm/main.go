package main

import (
	"encoding/json"
	"fmt"

	"orrery/lessons/scenes"
	"orrery/lessons/stage"
)

// request is what a page asks.
type request struct {
	Lesson  int      `json:"lesson"`
	Variant string   `json:"variant"`
	Seed    uint64   `json:"seed"`
	Steps   []string `json:"steps"`
}

// reply is what it is told. If a step is not possible, the view is of the state before it.
type reply struct {
	*stage.View
	Error string `json:"error,omitempty"`
}

// answer plays what is asked for.
func answer(text []byte) []byte {
	var r reply
	if err := r.play(text); err != nil {
		r.Error = err.Error()
	}
	out, err := json.Marshal(&r)
	if err != nil {
		return fmt.Appendf(nil, `{"error":%q}`, err)
	}
	return out
}

func (r *reply) play(text []byte) error {
	var q request
	if err := json.Unmarshal(text, &q); err != nil {
		return err
	}
	scene := scenes.Of(q.Lesson)
	if scene == nil {
		return fmt.Errorf("there is no lesson %d", q.Lesson)
	}
	v, err := scene.Variant(q.Variant)
	if err != nil {
		return err
	}
	s, err := stage.Play(scene, v, q.Seed, q.Steps)
	r.View = s.View()
	return err
}

func main() { serve() }
