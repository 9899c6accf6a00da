package scenarios

// kafkaSeeds is in which seeds each defect is found.
var kafkaSeeds = map[string]string{}

// kafkaBreaks is what each defect breaks.
var kafkaBreaks = map[string]string{}
