// Package scenes is all lessons' scenes, each with its wrong and its right variant, and nothing else: it is what the
// page of a lesson is compiled from, so it imports neither texts nor checkers.
package scenes
