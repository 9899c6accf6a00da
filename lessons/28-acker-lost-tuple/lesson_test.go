package ackers_test

import (
	"testing"

	"orrery/lessons/lessontest"
)

func TestLesson(t *testing.T) { lessontest.Run(t, 28) }
