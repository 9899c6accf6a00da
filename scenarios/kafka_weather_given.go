package scenarios

// losing has consumers read what an election may take back: topics of one partition that prefer a leader who lacks records to none, and that take
// records for committed which the leader alone has, in a cluster that loses its power again and again. Who reads takes his time, so that the log has
// grown past where he is when he comes back.
func (k *kafkaWorld) losing() {
	for i := range k.topics {
		t := &k.topics[i]
		t.partitions, t.minISR, t.unclean = 1, 1, true
	}
	k.copies(2)
	write := k.shape.works[0]
	k.works = []kafkaWork{write, write, (*kafkaClient).dawdle, (*kafkaClient).dawdle}
	k.text += "replica.lag.time.max.ms=300\n"
	k.storage("crash")
}
