// Package keymap holds every key of the dashboard as data, grouped by the scope it
// works in. The footer, the help and the README's table are made from it, so that a key
// can neither work without being listed nor be listed without working.
package keymap

import "slices"

// Binding is one thing a key does.
type Binding struct {
	Keys  []string // keystrokes as Bubble Tea names them, any of which triggers it
	Label string   // the keys as they are shown, for example "j/↓"
	Short string   // for the footer, at most three words: "new device"
	Long  string   // for the help, one line without a full stop

	// Writes says that it leads to a change of the hub, or throws a device off: on a hub that is
	// open read-only it is refused.
	Writes bool
	// Refused says why it does nothing now, in a word or two: "read-only". What it would do is not
	// offered anywhere then. Empty: it works.
	Refused string
}

// Press is a key press; tea.KeyPressMsg is one. Its String names the key, a printable
// one by the text it types.
type Press interface{ String() string }

// Matches reports whether the press is one of the binding's keys.
func (b Binding) Matches(p Press) bool { return slices.Contains(b.Keys, p.String()) }

// GlobalKeys work in every pane.
type GlobalKeys struct {
	Quit, Interrupt, Help           Binding
	NextPane, PrevPane              Binding
	DevicesPane, TwinPane, LivePane Binding
	Query                           Binding
	Calls, Details                  Binding
	Hubs, Presenter, Mouse          Binding
}

// MoveKeys move the cursor of whatever list has the focus.
type MoveKeys struct {
	Up, Down, PageUp, PageDown, Top, Bottom Binding
}

// SelectionKeys act on the selected device or module, whichever pane has the focus.
type SelectionKeys struct {
	NewDevice, NewModule                  Binding
	EditDesired, EditTags, Editor, Undo   Binding
	Attach, Observe, Refresh, AutoRefresh Binding
	CopyID, CopyConnectionString          Binding
	RevealKeys                            Binding
	Delete, Status, Keys, Token           Binding
	CallMethod, SendMessage               Binding
	Bulk                                  Binding
}

// DevicesKeys work in the devices pane.
type DevicesKeys struct {
	Expand, Collapse, Filter Binding
	Pause                    Binding // of the loading
	Mark, MarkRange, MarkAll Binding
	Clear                    Binding // the filter, then the marks
	Sort, Columns            Binding
	AllModules, Parent       Binding
	Export                   Binding
}

// TwinKeys work in the twin pane.
type TwinKeys struct {
	NextTab, PrevTab, Expand, Collapse Binding
	Search, NextMatch, PrevMatch       Binding
	NextDrift, PrevDrift               Binding
	Pick, Restore, Back                Binding
}

// SearchKeys work while a search of the twin is typed; every printable key goes into the text.
type SearchKeys struct {
	Accept, Clear, Next, Prev Binding
}

// LiveKeys work in the live pane.
type LiveKeys struct {
	Follow, Pause          Binding
	Filter, Search         Binding
	Older, Newer, Clear    Binding // of what the search found; Clear also takes the filter away
	Open, Expand, Collapse Binding
	Acknowledge, Report    Binding // of an attached client
	Answer                 Binding // to direct methods
	Version                Binding // of the twin that the event is of
	Compare                Binding
}

// FilterKeys work while a filter is typed; every printable key goes into the text.
type FilterKeys struct {
	Accept, Clear, Up, Down, Fuzzy Binding
}

// QueryKeys work while a query is typed; every printable key goes into the text.
type QueryKeys struct {
	Run, Complete, CompleteBack Binding
	Older, Newer, Search        Binding
	Save, Saved, Close          Binding
}

// ResultsKeys work in the results of a query, which stand in the place of the devices.
type ResultsKeys struct {
	Left, Right, Open, Sort, Filter Binding
	LoadAll                         Binding
	Mark, MarkRange, MarkAll, Close Binding
}

// SavedKeys work in the list of saved queries.
type SavedKeys struct {
	Use, Rename, Delete, Close Binding
}

// DocumentKeys work where a row of a result is shown whole.
type DocumentKeys struct {
	Expand, Collapse, Copy, Close Binding
}

// FormKeys work in the property form while no field is being typed into.
type FormKeys struct {
	Edit, Toggle, Add, Remove, Reset, Type Binding
	Rename, JSON, Editor, Undo             Binding
	Expand, Collapse                       Binding
	TakeMine, TakeTheirs                   Binding
	Review, Cancel                         Binding
}

// FieldKeys work while a field is typed into; every printable key goes into the text.
type FieldKeys struct {
	Accept, Back, Next, Prev, Type, Review, Lines, Editor Binding
}

// NameKeys work while the name of a property is typed.
type NameKeys struct {
	Accept, Back, Down, Up, Complete, Review Binding
}

// LinesKeys work while a value is typed on several lines.
type LinesKeys struct {
	Accept, Back, Prev, Type, Review, OneLine, Editor Binding
}

// ReviewKeys work while a change is reviewed before it is sent.
type ReviewKeys struct {
	Save, Back Binding
}

// IdentityKeys work in the form for a new device or module.
type IdentityKeys struct {
	Submit, SubmitText, Next, Prev, Toggle, Choose, Cancel Binding
}

// TokenKeys work in the dialog that signs a SAS token.
type TokenKeys struct {
	Copy, CopyConnectionString, Reveal, Choose, Switch, Close Binding
}

// CallsKeys work in the call log and in the details of a failure.
type CallsKeys struct {
	Open, Back                     Binding
	Filter, Failed, Kind, Routine  Binding
	Follow                         Binding
	Older, Newer, Expand, Collapse Binding
	CopyCurl, CopyBody, CopyText   Binding
	Close                          Binding
}

// MethodKeys work in the form that calls a direct method. While a field is typed into, every
// printable key goes into the text.
type MethodKeys struct {
	Submit, SubmitAnywhere, Next, Prev, Complete Binding
	Expand, Collapse, Again, Edit, Copy          Binding
	Cancel                                       Binding
}

// MessageKeys work in the form for a message to a device, as MethodKeys do in theirs.
type MessageKeys struct {
	Submit, SubmitAnywhere, Next, Prev, Choose, Cancel Binding
}

// BulkKeys work in bulk actions and in the export of rows. Where a text is typed, every printable
// key goes into it.
type BulkKeys struct {
	Accept, Leave      Binding
	Next, Prev, Choose Binding
	Complete           Binding
	Type, Review       Binding
	Pause, Stop        Binding
	Filter, Save, Rest Binding
	Resolve            Binding
}

// HubsKeys work in the list of hubs to switch to.
type HubsKeys struct {
	Open, Cancel Binding
}

// DialogKeys work in questions and messages.
type DialogKeys struct {
	Yes, No, Switch, Accept, Close Binding
}

// ListKeys work in dialogs to choose from a list.
type ListKeys struct {
	Toggle, Earlier, Later, Accept, Cancel Binding
}

// Map is every key of the dashboard. Its fields are the scopes; it is a plain value and
// may be copied and changed before it is handed to the dashboard.
type Map struct {
	Global    GlobalKeys
	Move      MoveKeys
	Selection SelectionKeys
	Devices   DevicesKeys
	Twin      TwinKeys
	Search    SearchKeys
	Live      LiveKeys
	Filter    FilterKeys
	Query     QueryKeys
	Results   ResultsKeys
	Saved     SavedKeys
	Document  DocumentKeys
	Form      FormKeys
	Field     FieldKeys
	Name      NameKeys
	Lines     LinesKeys
	Review    ReviewKeys
	Identity  IdentityKeys
	Token     TokenKeys
	List      ListKeys
	Method    MethodKeys
	Message   MessageKeys
	Calls     CallsKeys
	Bulk      BulkKeys
	Hubs      HubsKeys
	Dialog    DialogKeys
}
