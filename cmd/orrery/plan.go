package main

import (
	"os"

	"orrery/nemesis"
	"orrery/scenarios"
)

// readPlan reads a plan of faults. An error is one line with the file, the line and the field.
func readPlan(path string) (nemesis.Plan, error) {
	data, err := os.ReadFile(path)
	if err != nil {
		return nemesis.Plan{}, fileError(err)
	}
	return nemesis.ParsePlan(path, data)
}

// profiles are the modes of a nemesis.
var profiles = []string{nemesis.Calm.String(), nemesis.Budgeted.String(), nemesis.Unrestricted.String()}

// checkProfile says of a name that is no profile which there are.
func checkProfile(name string) error {
	for _, p := range profiles {
		if p == name {
			return nil
		}
	}
	return scenarios.Unknown("profile", name, profiles)
}
