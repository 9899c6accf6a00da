// Package digraph finds cycles in large graphs of operations: what must precede itself cannot be.
//
// Nodes are small integers, edges carry labels that say why the head comes after the tail. A graph is built, sealed, and
// then asked for its components and for short cycles in them, under a mask of labels.
//
// What holds throughout: components take time and memory linear in nodes and edges, also of paths as long as the graph; the
// answers are a function of the order in which edges were added.
package digraph
