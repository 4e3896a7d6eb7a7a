package report

// What the template of a page calls.
var (
	Coordinate = coordinate
	CellClass  = cellClass
	StyleText  = styleText
)
