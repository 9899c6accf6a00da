package main

import (
	"os"
	"runtime/pprof"
)

// profileEnv names a file to which a live node writes, until it stops, what its processor time is spent on, in the
// form that go tool pprof reads.
const profileEnv = "ORRERY_CPUPROFILE"

// cpuProfile begins that profile, if it is asked for; what it returns ends it.
func cpuProfile() (end func(), err error) {
	name := os.Getenv(profileEnv)
	if name == "" {
		return func() {}, nil
	}
	file, err := os.Create(name)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(file); err != nil {
		return nil, err
	}
	return func() { pprof.StopCPUProfile(); file.Close() }, nil
}
