package judge

// SetPiece makes streams cut after so many operations of a key, and returns what undoes it.
func SetPiece(n int) (undo func()) {
	was := piece
	piece = n
	return func() { piece = was }
}
