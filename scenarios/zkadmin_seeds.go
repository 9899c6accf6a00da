package scenarios

// zkReconfigSeeds is in which seeds each quirk is found while members come and go.
var zkReconfigSeeds = map[string]string{}
