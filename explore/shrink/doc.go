// Package shrink makes a violation smaller: fewer faults, shorter ones, fewer operations, a
// calmer world.
//
// It never looks inside a run. It changes what the run depends on, and runs it again: a
// candidate is taken if it violates the same property. That works because draws are functions of what
// they decide: a plan without one of its faults, or a workload without its last
// operations, leaves everything else as it was, and is not another run altogether.
//
// What it finds is minimal in this sense only: no single fault can be left out, and no single
// choice of the world set to its harmless value, without losing the violation, as far as
// the budget of executions went. The order of messages is not shrunk here.
package shrink
