package distance

// TileAt returns the blocks of rows and columns of a tile.
func (s *Set) TileAt(t int64) (row, col int) { return s.tileAt(t) }
