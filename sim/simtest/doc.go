// Package simtest runs universes from go test.
//
// A test says what a universe holds, and gets one subtest for every seed:
//
//	func TestRegister(t *testing.T) {
//		simtest.Run(t, func(w *trial.World) error {
//			w.AddServer("n1", func() nodes.Node { return new(server) })
//			w.AddClient("c1", func() nodes.Node { return newClient(w) })
//			return nil
//		})
//	}
//
// A failure names the property, tells the story, and says how to run that seed again. A
// single seed is run with the stock flag:
//
//	go test -run 'TestRegister/seed=0x2a'
//
// The environment says how much to run; flags would break the packages of a "go test
// ./..." that do not know them:
//
//	ORRERY_SEEDS=5000           so many seeds instead of the test's own number
//	ORRERY_SEEDS=100-200        these seeds
//	ORRERY_SEED=0x2a            this seed
//	ORRERY_TIME=10m             as many seeds as fit into that time
//	ORRERY_ARTIFACTS=DIR        write trace, history, story and page of failures below DIR
package simtest
