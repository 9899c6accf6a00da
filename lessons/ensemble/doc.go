// Package ensemble is the cluster of the lessons on ZooKeeper.
package ensemble
