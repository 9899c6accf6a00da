package live_test

import (
	"os"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"orrery/nodes"
	"orrery/nodes/nodestest"
)

// sabotage is a way to run nodes wrongly: what a runtime does to effects, to handlers, or
// instead of a kill.
type sabotage struct {
	env  func(e nodes.Env, n nodes.Node) nodes.Env
	node func(n nodes.Node) nodes.Node
	kill func(c *cluster, id nodes.ID)
}

// sabotages has a runtime that breaks it for each rule of the suite.
var sabotages = map[string]sabotage{
	"DatagramsArriveDecodedAtTheirMachine":           {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return sendsToAll{e} }},
	"ADatagramToItselfPassesTheCodecAndTheScheduler": {env: callsAtOnce},
	"ADatagramIsTheBytesOfItsMessageAtSend":          {node: func(n nodes.Node) nodes.Node { return sendsLate{n.(full)} }},
	"AnUndecodableDatagramIsDroppedAndNothingElse":   {node: func(n nodes.Node) nodes.Node { return decodesAll{n.(full)} }},
	"ADatagramToAMachineThatIsDownIsOnlyLost":        {env: sendsNothing},

	"ATimerFiresOnceAndNeverEarly":           {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return firesEarly{e} }},
	"ATimerReplacesOneOfTheSameTag":          {node: func(n nodes.Node) nodes.Node { return addsTimers{n.(full)} }},
	"AStoppedTimerDoesNotFire":               {env: neverStops},
	"ATimerThatIsDueCanStillBeStopped":       {env: neverStops},
	"ATimerWithoutDelayFiresAfterTheHandler": {env: callsAtOnce},
	"TimersDieWithTheirProcess":              {kill: survive},

	"MonotonicTimeBeginsWithTheProcessAndNeverGoesBack": {env: badClock},
	"EveryHandlerSeesAClockAndRandomness":               {env: badClock},

	"WhatWasWrittenReadsBackAtOnce":             {env: onDisk(func(d nodes.Disk) nodes.Disk { return keepsNothing{d} })},
	"ReadAtReadsAsIoReaderAtDoes":               {env: onDisk(func(d nodes.Disk) nodes.Disk { return seesNoEnd{d} })},
	"AGapInAFileReadsAsZeros":                   {env: onDisk(func(d nodes.Disk) nodes.Disk { return neverCuts{d} })},
	"AMissingFileIsErrNotExist":                 {env: onDisk(func(d nodes.Disk) nodes.Disk { return makesFiles{d} })},
	"RenameReplacesAndRemoveRemoves":            {env: onDisk(func(d nodes.Disk) nodes.Disk { return copiesFiles{d} })},
	"ListTellsAllFilesBelowADirectorySorted":    {env: onDisk(func(d nodes.Disk) nodes.Disk { return listsBackwards{d} })},
	"ANameCannotLeaveTheNodesDirectory":         {env: onDisk(func(d nodes.Disk) nodes.Disk { return trustsNames{d} })},
	"EverySyncEndsOnceWithItsTag":               {node: func(n nodes.Node) nodes.Node { return syncsTwice{n.(full)} }},
	"ASyncOfAMissingFileEndsWithErrNotExist":    {node: func(n nodes.Node) nodes.Node { return syncsWell{n.(full)} }},
	"WhatWasSyncedSurvivesAKill":                {kill: forgetDisk},
	"ARenameAfterASyncIsOldOrNewNeverMixed":     {kill: forgetDisk},
	"AStageGetsItsMessagesInTheOrderOfThePosts": {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return mixesStages{e} }},
	"AStageCanPostToItselfAndToOthers":          {env: callsAtOnce},
	"APostDiesWithItsProcess":                   {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return neverHalts{e} }},

	"FramesArriveWholeAndInOrderBothWays":         {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return cutsFrames{e} }},
	"AStreamDeliversTheBytesInOrder":              {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return cutsFrames{e} }},
	"WhatWasWrittenBeforeOpenedArrivesFirst":      {node: func(n nodes.Node) nodes.Node { return muteAtBoot{n.(full)} }},
	"ADialToNobodyIsRefused":                      {node: func(n nodes.Node) nodes.Node { return endsWell{n.(full)} }},
	"APortIsListenedOnOnceAndFreeAfterTheProcess": {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return listensGladly{e} }},
	"AFrameThatIsTooLongEndsTheConnection":        {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return listensGladly{e} }},
	"WhatWasWrittenLeavesTheMachine":              {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return keepsFrames{e} }},
	"ConnectionsOfOneProcessHaveTheirOwnNames":    {node: func(n nodes.Node) nodes.Node { return oneName{n.(full)} }},

	"CloseDeliversWhatWasWritten":                        {env: swapsEnds},
	"CloseRightAfterDialDeliversToo":                     {env: swapsEnds},
	"CloseDeliversWhatWasWrittenWhileTheOtherSideWrites": {env: swapsEnds},
	"ResetEndsBothSidesAtOnce":                           {env: swapsEnds},
	"AConnectionEndsWithTheProcessOfItsPeer":             {node: func(n nodes.Node) nodes.Node { return hearsNoEnd{n.(full)} }},
	"AnEndedConnectionTakesNoBytes":                      {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return writesGladly{e} }},

	"ABootErrorRefusesTheStart":                 {node: func(n nodes.Node) nodes.Node { return bootsGladly{n.(full)} }},
	"HaltEndsTheProcessAndDoesNotReturn":        {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return neverHalts{e} }},
	"AnEndedProcessDoesNothingAndCannotRecover": {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return neverHalts{e} }},
	"ARestartKeepsTheDiskAndNothingElse":        {kill: forgetDisk},
	"HaltedIsTheLastCall":                       {node: func(n nodes.Node) nodes.Node { return neverHalted{n.(full)} }},
	"HandlersRunOneAtATime":                     {env: callsAtOnce},

	"APingerHearsItsEcho":                       {env: sendsNothing},
	"ATaskHasTheDiskAndConnectionsOfItsMachine": {env: func(e nodes.Env, _ nodes.Node) nodes.Env { return cutsFrames{e} }},
	"ATaskRunsAsANode":                          {env: sendsNothing},
	"ACounterForgetsNoSumThatItTold":            {kill: forgetDisk},
}

func TestEveryRuleOfTheSuiteBites(t *testing.T) {
	for _, r := range nodestest.Rules() {
		t.Run(r.Name, func(t *testing.T) {
			t.Parallel()
			how, there := sabotages[r.Name]
			require.True(t, there, "nothing breaks this rule")
			err := r.Check(&sabotaged{newCluster(t), how})
			require.Error(t, err)
			t.Log(err)
		})
	}
}

// sabotaged is a runtime that breaks a rule.
type sabotaged struct {
	*cluster
	how sabotage
}

func (s *sabotaged) Start(id nodes.ID, build func() nodes.Node) error {
	return s.cluster.Start(id, func() nodes.Node {
		n := build()
		if s.how.env != nil {
			n = &withEnv{n, s.how.env}
		}
		if s.how.node != nil {
			n = s.how.node(n)
		}
		return n
	})
}

func (s *sabotaged) Kill(id nodes.ID) {
	if s.how.kill != nil {
		s.how.kill(s.cluster, id)
		return
	}
	s.cluster.Kill(id)
}

// Until has less patience: what is sabotaged may never come about.
func (s *sabotaged) Until(limit time.Duration, cond func() bool) bool {
	return s.cluster.Until(min(limit, 2*time.Second), cond)
}

// survive is a kill that kills nobody.
func survive(*cluster, nodes.ID) {}

// forgetDisk is a kill that takes the disk along.
func forgetDisk(c *cluster, id nodes.ID) {
	c.Kill(id)
	require.NoError(c.t, os.RemoveAll(c.config(id).Dir))
}
