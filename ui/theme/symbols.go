package theme

// The symbols of the dashboard, all one cell wide on every terminal that shows box drawing.
const (
	Connected    = "●" // a client is connected with this identity
	Disconnected = "○"
	Observed     = "◇" // the twin is read again and again, without a client
	Disabled     = "⊘" // the identity may not connect
	InSync       = "✓" // reported agrees with desired
	Pending      = "…" // not reported yet
	Rejected     = "✗" // acknowledged with an error, or failed
	ReportedOnly = "+" // reported without being desired
	Folded       = "▸"
	Unfolded     = "▾"
	Ascending    = "▴" // sorted, the smallest first
	Descending   = "▾"
	Changed      = "~"
	Conflict     = "!"
	Cursor       = "▌" // in front of the row of the cursor
	Mark         = "▪"
	Arrow        = "→" // old → new
	Absent       = "–" // no value
	Masked       = "••••••••"
	Cover        = "•" // of one masked character
)
