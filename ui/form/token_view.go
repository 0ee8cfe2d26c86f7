package form

import (
	"twindeck/keymap"
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// SetTheme changes how the dialog looks.
func (f *Token) SetTheme(th theme.Theme) { f.theme = th }

// Title names the dialog.
func (f *Token) Title() string { return "SAS token of " + cell.Safe(f.source.ID.String()) }

// Size returns the size the dialog would like on a screen of w by h cells.
func (f *Token) Size(w, h int) (int, int) {
	width := min(max(w, 1), 76)
	iw, _ := theme.Inner(width, h)
	return width, min(len(f.rows(iw))+7, max(h, 1))
}

// tokenLine is a line of the dialog and the row it belongs to, -1 for none.
type tokenLine struct {
	row  int
	text string
}

// rows draws the lines of the dialog.
func (f *Token) rows(w int) []tokenLine {
	th := f.theme
	s := f.chosen()
	lines := []tokenLine{
		{rowSigner, fieldRow(th, w, f.focus == rowSigner, "signed with", choice(cell.Safe(s.name)))},
		{rowLife, fieldRow(th, w, f.focus == rowLife, "lifetime", f.lifeText())},
	}
	long := func(row int, name, text string, style theme.Style) {
		for on := f.focus == row; text != ""; on, name = false, "" {
			var head string
			head, text = cell.Cut(text, fieldRoom(w))
			lines = append(lines, tokenLine{row, fieldRow(th, w, on, name, style.Render(head))})
		}
	}
	long(-1, "for", cell.Safe(s.credential.Resource()), theme.Style{})
	lines = append(lines, tokenLine{-1, fieldRow(th, w, false, "expires", f.expires())})
	if f.token == nil {
		hint := "  " + f.keys.Token.Reveal.Label + " reveals it"
		if f.keys.Token.Reveal.Refused != "" {
			hint = ""
		}
		return append(lines, tokenLine{rowToken, fieldRow(th, w, f.focus == rowToken, "token", theme.Masked+th.Muted.Render(hint))})
	}
	long(rowToken, "token", cell.Safe(f.token.Reveal()), th.Warn)
	return lines
}

func (f *Token) lifeText() string {
	if f.life < len(lifetimes) {
		return choice(lifetimeText(lifetimes[f.life]))
	}
	if f.focus == rowLife {
		return "‹ " + f.typed.view(f.theme, 12) + " ›"
	}
	return choice(cell.Safe(f.typed.text()))
}

// expires says when a token would expire that was signed now, or the one on the screen does.
func (f *Token) expires() string {
	life, err := f.lifetime()
	if err != nil {
		return f.theme.Muted.Render(theme.Absent)
	}
	now := f.source.Now()
	at := now.Add(life)
	if f.token != nil {
		at = f.token.Expires.In(now.Location())
	}
	return at.Format("2006-01-02 15:04:05 MST")
}

// View draws the dialog: exactly h lines of exactly w cells.
func (f *Token) View(w, h int) string {
	iw, ih := theme.Inner(w, h)
	lines := f.rows(iw)
	fr := frame{title: f.Title(), hints: hintLine(f.theme, iw-2, f.hints(), f.keys.Token.Close), body: len(lines), top: f.top}
	for i, l := range lines {
		if l.row == f.focus {
			fr.focus = i
			break
		}
	}
	if ih >= 9 {
		fr.head = []string{""}
	}
	fr.line = func(i int) string { return lines[i].text }
	text, style, mark := f.sentence()
	fr.message = messageLines(iw, max(ih/3, 1), text, style, mark)
	view, top := draw(f.theme, fr, w, h)
	f.top = top
	return view
}

func (f *Token) sentence() (text string, style theme.Style, mark string) {
	th := f.theme
	_, problem := f.lifetime()
	switch {
	case problem != nil:
		return problem.Error(), th.Bad, theme.Rejected
	case f.err != "":
		return f.err, th.Bad, theme.Rejected
	case f.notice != "":
		return f.notice, th.Good, theme.InSync
	case f.busy:
		return "signing" + cell.Ellipsis, th.Accent, theme.Mark
	case !f.read:
		return "reading its keys" + cell.Ellipsis, th.Accent, theme.Mark
	case f.chosen().policy:
		return "whoever has it may do all that the policy may, until it expires", th.Warn, theme.Conflict
	case f.focus == rowLife:
		return "choose one, or type one such as 36h", th.Muted, " "
	case f.source.ID.IsModule():
		return "whoever has it may connect as the module, until it expires", th.Muted, " "
	}
	return "whoever has it may connect as the device, until it expires", th.Muted, " "
}

// hints returns the keys that work now, the most useful first.
func (f *Token) hints() []keymap.Binding {
	if !f.read {
		return nil
	}
	k := f.keys.Token
	reveal := k.Reveal
	if f.token != nil {
		reveal = short(reveal, "mask")
	}
	hints := []keymap.Binding{k.Copy, reveal, k.Choose, k.Switch}
	if !f.chosen().policy {
		hints = append(hints, k.CopyConnectionString)
	}
	return hints
}
