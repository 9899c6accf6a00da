package scenes

import (
	forgotten "orrery/lessons/09-forgotten-promise"
	fix09 "orrery/lessons/09-forgotten-promise/fix"
	solution09 "orrery/lessons/09-forgotten-promise/fix/solution"
	"orrery/lessons/stage"
)

// All are the scenes, by the number of their lesson.
func All() []*stage.Scene {
	return []*stage.Scene{
		forgotten.Scene(fix09.New, solution09.New),
	}
}

// Of returns the scene of a lesson, or nil.
func Of(lesson int) *stage.Scene {
	for _, s := range All() {
		if s.Number == lesson {
			return s
		}
	}
	return nil
}
