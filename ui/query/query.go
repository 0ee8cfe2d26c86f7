// Package query is the query bar and what it brings: the bar with its completion and history, the
// list of saved queries, and the table of results that takes the place of the devices.
package query

// Action is what the bar, the results or the list of saved queries want done, nil for nothing. It
// is an alias, so that the overlays here are dialogs without knowing that package.
type Action = any

// What the bar wants done.
type (
	// Run asks for a query to be run; [Bar.SetProblem] says why it could not be.
	Run struct{ Text string }
	// Cancel asks for the query that is running to be called off.
	Cancel struct{}
	// Close asks for the bar to be taken away.
	Close struct{}
	// Save asks for a query to be kept under a name, which another may have had so far.
	Save struct{ Name, Text string }
	// OpenSaved asks for the list of saved queries, a [Saved].
	OpenSaved struct{}
)

// What the list of saved queries wants done, besides [Close].
type (
	// Use asks for a query to be put into the bar.
	Use struct{ Text string }
	// Rename asks for a saved query to have another name, which no other has.
	Rename struct{ Old, New string }
	// Delete asks for a saved query to be forgotten.
	Delete struct{ Name string }
)

// What the results want done.
type (
	// More asks for the next page; [Results.Add] or [Results.Fail] answers.
	More struct{}
	// LoadAll asks for all pages that are left, one after the other.
	LoadAll struct{}
	// Pause asks for no more pages than the one that is on its way.
	Pause struct{}
	// Leave asks for the devices again.
	Leave struct{}
	// Open asks for the row of the cursor to be shown whole, in a [Document].
	Open struct{}
	// Notice asks for something to be said.
	Notice struct{ Text string }
	// Work asks for Run to be called outside of Update; [Results.Done] takes what it returns.
	Work struct{ Run func() Done }
)

// What a [Document] wants done, besides [Close].
type (
	// Copy asks for a text to go to the clipboard. What says what it is.
	Copy struct{ Text, What string }
)
