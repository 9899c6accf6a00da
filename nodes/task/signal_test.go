package task_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes/task"
)

func TestSignalWakesAllWhoWaitInTheirOrder(t *testing.T) {
	var s task.Signal
	var log []string
	run(func(t *task.T) {
		for _, name := range []string{"a", "b"} {
			t.Go(name, func(t *task.T) {
				if s.Wait(t, time.Second) {
					log = append(log, name)
				}
			})
		}
		t.Sleep(0)
		s.Raise(t)
		s.Raise(t) // nobody is left
		t.Wait()
		if !s.Wait(t, time.Millisecond) {
			log = append(log, "nobody raised it again")
		}
	}).pass(time.Minute)
	require.Equal(t, []string{"a", "b", "nobody raised it again"}, log)
}

func TestSignalThatComesTooLateWakesNobodyTwice(t *testing.T) {
	var s task.Signal
	wakes := 0
	run(func(t *task.T) {
		for range 3 {
			t.Go("waiter", func(t *task.T) {
				s.Wait(t, time.Millisecond)
				wakes++
				s.Raise(t) // the others' time is over as well
			})
		}
		t.Wait()
	}).pass(time.Minute)
	require.Equal(t, 3, wakes)
}
