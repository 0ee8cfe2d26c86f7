package keymap

// bind makes a binding.
func bind(label, short, long string, keys ...string) Binding {
	return Binding{Keys: keys, Label: label, Short: short, Long: long}
}

// Default returns the keys the dashboard comes with. They are the ones that users of
// k9s, lazygit and less already know, and none needs a modifier that a terminal
// multiplexer or an SSH session cannot pass on.
func Default() Map {
	expand := bind("l/→", "expand", "expand what the cursor is on", "right", "l", "enter")
	collapse := bind("h/←", "collapse", "collapse it, or go to what it is part of", "left", "h")
	return Map{
		Global: GlobalKeys{
			Quit:        bind("q", "quit", "quit", "q"),
			Interrupt:   bind("ctrl+c", "quit", "quit, also while typing", "ctrl+c"),
			Help:        bind("?", "help", "show the keys", "?"),
			NextPane:    bind("tab", "next pane", "go to the next pane", "tab"),
			PrevPane:    bind("shift+tab", "previous pane", "go to the previous pane", "shift+tab"),
			DevicesPane: bind("1", "devices", "go to the devices", "1"),
			TwinPane:    bind("2", "twin", "go to the twin", "2"),
			LivePane:    bind("3", "live", "go to the live events", "3"),
			Query:       bind(":", "query", "type a query of the hub", ":"),
		},
		Move: MoveKeys{
			Up:       bind("k/↑", "up", "up one line", "up", "k"),
			Down:     bind("j/↓", "down", "down one line", "down", "j"),
			PageUp:   bind("pgup", "page up", "up one page", "pgup", "ctrl+b"),
			PageDown: bind("pgdn", "page down", "down one page", "pgdown", "ctrl+f"),
			Top:      bind("g/home", "top", "to the first line", "home", "g"),
			Bottom:   bind("G/end", "bottom", "to the last line", "end", "G"),
		},
		Selection: SelectionKeys{
			NewDevice:            bind("n", "new device", "create a device", "n"),
			NewModule:            bind("m", "new module", "create a module on the selected device", "m"),
			EditDesired:          bind("e", "edit", "edit the desired properties", "e"),
			EditTags:             bind("t", "edit tags", "edit the tags", "t"),
			Attach:               bind("c", "attach", "attach a client as the selected identity, or detach it", "c"),
			Refresh:              bind("r", "refresh", "read the devices and the twin again", "r"),
			AutoRefresh:          bind("R", "auto-refresh", "choose how often the devices are read again by themselves", "R"),
			CopyID:               bind("y", "copy id", "copy the id; in query results what the column has", "y"),
			CopyConnectionString: bind("Y", "copy connection", "copy the connection string, which holds a key", "Y"),
			RevealKeys:           bind("v", "reveal keys", "show the keys on the Identity tab, or mask them again", "v"),
			Delete:               bind("d", "delete", "delete the device with its modules, or the module; asks first", "d"),
			Status:               bind("x", "enable/disable", "disable the device, or enable it again, with a reason", "x"),
			Keys:                 bind("K", "change keys", "swap or regenerate keys, or authenticate in another way", "K"),
			Token:                bind("T", "SAS token", "sign a SAS token with a key of the device or module, or of the hub", "T"),
		},
		Devices: DevicesKeys{
			Expand:   bind("l/→/enter", "expand", "show the modules of the device", expand.Keys...),
			Collapse: bind("h/←", "collapse", "hide the modules, or go to their device", collapse.Keys...),
			Filter:   bind("/", "filter", "show only what has the terms in its id, tags (path=value) or modules; !term excludes", "/"),

			Mark:       bind("space", "mark", "mark the row for bulk actions, or take the mark away", "space"),
			MarkRange:  bind("V", "mark range", "mark the rows from the last mark to the cursor", "V"),
			MarkAll:    bind("*", "mark all", "mark all devices that the filter lets through; again: none of them", "*"),
			Clear:      bind("esc", "clear", "clear the filter; without one, the marks", "esc"),
			Sort:       bind("s", "sort", "choose a column or tag to sort by", "s"),
			Columns:    bind("|", "columns", "choose the columns and their order", "|"),
			AllModules: bind("A", "all modules", "read the modules of all devices by one query", "A"),
			Parent:     bind("P", "parent", "go to the edge device above the selected one", "P"),
			Pause:      bind("p", "pause", "pause loading the devices, or go on with it", "p"),
		},
		Twin: TwinKeys{
			NextTab:  bind("]", "next tab", "next tab of the twin", "]"),
			PrevTab:  bind("[", "previous tab", "previous tab of the twin", "["),
			Expand:   bind("l/→/enter", "unfold", "unfold what the cursor is on", expand.Keys...),
			Collapse: bind("h/←", "fold", "fold it, or go to what it is part of", collapse.Keys...),
		},
		Live: LiveKeys{
			Follow:   bind("f", "follow", "keep the newest event in view, or stop doing so", "f"),
			Expand:   bind("l/→/enter", "expand", "show the whole event", expand.Keys...),
			Collapse: bind("h/←", "collapse", "show the event on one line", collapse.Keys...),
		},
		Filter: FilterKeys{
			Accept: bind("enter", "keep filter", "keep the filter and go back to the list", "enter"),
			Clear:  bind("esc", "clear filter", "clear the filter", "esc"),
			Up:     bind("↑", "up", "up one line, without leaving the filter", "up"),
			Down:   bind("↓", "down", "down one line, without leaving the filter", "down"),
			Fuzzy:  bind("ctrl+t", "fuzzy", "let the characters of a term have others between them, or not", "ctrl+t"),
		},
		Query: QueryKeys{
			Run:          bind("enter", "run", "run the query", "enter"),
			Complete:     bind("tab", "complete", "complete the word, then go through what it can be", "tab"),
			CompleteBack: bind("shift+tab", "complete back", "go back through what it can be", "shift+tab"),
			Older:        bind("↑", "older", "the query that was run before", "up"),
			Newer:        bind("↓", "newer", "the query that was run after, at last what was being typed", "down"),
			Search:       bind("ctrl+r", "search", "search the queries that were run; again: an older one", "ctrl+r"),
			Save:         bind("ctrl+s", "save", "save the query under a name", "ctrl+s"),
			Saved:        bind("ctrl+o", "saved", "choose, rename or delete a saved query", "ctrl+o"),
			Close:        bind("esc", "close", "call off what runs, or leave; the text is there again next time", "esc"),
		},
		Results: ResultsKeys{
			Left:      bind("h/←", "left", "to the column on the left", "left", "h"),
			Right:     bind("l/→", "right", "to the column on the right", "right", "l"),
			Open:      bind("enter", "whole row", "show the whole row as JSON", "enter"),
			Sort:      bind("s", "sort", "sort by the column; again: the other way, then as the hub sent them", "s"),
			Filter:    bind("/", "filter", "show only the rows that contain a text", "/"),
			LoadAll:   bind("p", "load all", "load all rows, or pause that", "p"),
			Mark:      bind("space", "mark", "mark the row, or take the mark back", "space"),
			MarkRange: bind("V", "mark range", "mark the rows from the last mark to the cursor", "V"),
			MarkAll:   bind("*", "mark all", "mark all rows that match the filter; again: none", "*"),
			Close:     bind("esc", "devices", "stop loading, clear the filter, or go back to the devices", "esc"),
		},
		Saved: SavedKeys{
			Use:    bind("enter", "use", "put the query into the bar", "enter"),
			Rename: bind("r", "rename", "give it another name", "r"),
			Delete: bind("d", "delete", "delete it; asks for the key once more", "d", "delete"),
			Close:  bind("esc", "close", "go back to the bar", "esc", "q"),
		},
		Document: DocumentKeys{
			Expand:   bind("l/→", "unfold", "unfold what the cursor is on", "right", "l"),
			Collapse: bind("h/←", "fold", "fold it, or go to what it is part of", "left", "h"),
			Copy:     bind("y", "copy", "copy what the cursor is on as JSON, at the top the whole row", "y"),
			Close:    bind("esc", "close", "go back to the rows", "esc", "q", "enter"),
		},
		Form: FormKeys{
			Edit:       bind("enter", "edit value", "edit the value, fold a group, or press the button", "enter"),
			Toggle:     bind("space", "toggle", "switch between true and false", "space"),
			Add:        bind("a", "add", "add a property beside the cursor", "a"),
			Remove:     bind("d", "remove", "remove the property by sending null, or take that back", "d", "delete"),
			Reset:      bind("u", "undo", "put one property back as it was", "u"),
			Type:       bind("ctrl+t", "change type", "change the type of the value", "ctrl+t"),
			Expand:     bind("l/→", "unfold", "unfold the group", "right", "l"),
			Collapse:   bind("h/←", "fold", "fold the group, or go to what it is part of", "left", "h"),
			TakeMine:   bind("m", "keep mine", "where both changed: keep my value", "m"),
			TakeTheirs: bind("t", "take theirs", "where both changed: take the value of the hub", "t"),
			Review:     bind("s", "review", "review the changes before they are sent", "s", "ctrl+s"),
			Cancel:     bind("esc", "cancel", "leave the form; asks first when something was changed", "esc", "q"),
		},
		Field: FieldKeys{
			Accept: bind("enter", "accept", "accept what was typed", "enter"),
			Back:   bind("esc", "take back", "take back what was typed here", "esc"),
			Next:   bind("tab/↓", "next", "accept and go on to the next line", "tab", "down"),
			Prev:   bind("shift+tab/↑", "previous", "accept and go back to the line before", "shift+tab", "up"),
			Type:   bind("ctrl+t", "change type", "change the type of the value", "ctrl+t"),
			Review: bind("ctrl+s", "review", "accept and review the changes", "ctrl+s"),
		},
		Review: ReviewKeys{
			// Not the key that opened the review: held a little too long it would send what nobody has read.
			Save: bind("enter", "save", "send the patch", "enter"),
			Back: bind("esc", "back to form", "go back to the form with everything as it was", "esc", "q"),
		},
		Identity: IdentityKeys{
			Submit:     bind("enter", "create", "create the device or module", "enter"),
			SubmitText: bind("ctrl+s", "create", "create it, also from within tags and properties, where enter begins a line", "ctrl+s"),
			Next:       bind("tab/↓", "next", "go to the next field", "tab", "down"),
			Prev:       bind("shift+tab/↑", "previous", "go to the previous field", "shift+tab", "up"),
			Toggle:     bind("space", "toggle", "switch a choice on or off, or show what more there is", "space"),
			Choose:     bind("←/→", "choose", "choose another value, or take the parent that is offered", "left", "right"),
			Cancel:     bind("esc", "cancel", "leave the form; asks first when tags or properties were typed", "esc"),
		},
		Token: TokenKeys{
			Copy:                 bind("enter", "copy token", "sign the token and copy it", "enter"),
			CopyConnectionString: bind("Y", "copy connection", "copy the connection string with the key chosen", "Y"),
			Reveal:               bind("v", "reveal", "show the token, or mask it again", "v"),
			Choose:               bind("←/→", "choose", "choose another key or lifetime; a lifetime can be typed, such as 36h", "left", "right"),
			Switch:               bind("tab", "key/lifetime", "go from the key to the lifetime and back", "tab", "shift+tab", "down", "up"),
			Close:                bind("esc", "close", "close the dialog", "esc", "q"),
		},
		List: ListKeys{
			Toggle:  bind("space", "on/off", "switch the line on or off", "space"),
			Earlier: bind("K", "move up", "move the line up", "K"),
			Later:   bind("J", "move down", "move the line down", "J"),
			Accept:  bind("enter", "accept", "take what is chosen", "enter"),
			Cancel:  bind("esc", "cancel", "leave everything as it was", "esc", "q"),
		},
		Dialog: DialogKeys{
			Yes:    bind("y", "yes", "answer yes", "y"),
			No:     bind("n/esc", "no", "answer no", "n", "esc", "q"),
			Switch: bind("←/→", "switch", "go to the other answer", "left", "right", "h", "l", "tab", "shift+tab"),
			Accept: bind("enter", "accept", "give the marked answer", "enter"),
			Close:  bind("esc", "close", "close a message or the help", "esc", "q", "enter", "?"),
		},
	}
}
