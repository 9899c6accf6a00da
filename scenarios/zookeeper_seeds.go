package scenarios

// zkSeeds is in which seeds each quirk is found, with room to spare: a change of the protocol or of the scenario is another run for
// every seed. Those without seeds are not found by this scenario.
var zkSeeds = map[string]string{}
