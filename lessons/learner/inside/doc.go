// Package inside is what runs in the program that package learner generates: the lesson's demonstration and its
// seeds, with the learner's variant. What it finds it prints as JSON, on the last line.
package inside
