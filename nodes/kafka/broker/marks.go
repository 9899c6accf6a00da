package broker

// The marks of this package.
const (
	markStaleController = "kafka/broker: metadata of a deposed controller is refused"
	markGivenUp         = "kafka/broker: metadata over a connection that the controller had given up is refused"
	markHalfFollower    = "kafka/broker: a coordinator never hears that it resigned"
	markExpired         = "kafka/broker: the session expired, and the broker registered again"
	markDeparted        = "kafka/broker: a controlled shutdown took all leaderships away"
	markOutlived        = "kafka/broker: a request is carried out whose connection has ended"
	markFrozen          = "kafka/broker: the data plane is frozen"
)
