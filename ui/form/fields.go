package form

import (
	"twindeck/ui/cell"
	"twindeck/ui/theme"
)

// labelWidth is the column of the names in forms of a few fields.
const labelWidth = 11

// fieldRow draws a name and its value, which may be styled.
func fieldRow(th theme.Theme, w int, on bool, name, value string) string {
	return cursorMark(th, on) + " " + label(th, w, on, name) + " " + value
}

// areaRow draws the name of a text of several lines, which stands below it and has the cursor.
func areaRow(th theme.Theme, w int, on bool, name, value string) string {
	return "  " + label(th, w, on, name) + " " + value
}

func label(th theme.Theme, w int, on bool, name string) string {
	style := th.Muted
	if on {
		style = th.Title
	}
	return style.Render(cell.Fit(name, min(labelWidth, max(w/3, 1))))
}

// fieldRoom is how many cells a text field has in a row of w cells.
func fieldRoom(w int) int { return max(w-min(labelWidth, max(w/3, 1))-5, 1) }

// inputRow draws a text field, with its cursor when it has the focus.
func inputRow(th theme.Theme, w int, on bool, name string, l *line) string {
	room := fieldRoom(w)
	if on {
		return fieldRow(th, w, on, name, l.view(th, room))
	}
	text := cell.Safe(l.text())
	if l.masked && text != "" {
		text = theme.Masked
	}
	return fieldRow(th, w, on, name, th.Field.Render(cell.Fit(text, room)))
}

// choice draws a value of several.
func choice(value string) string { return "‹ " + value + " ›" }

func check(on bool) string {
	if on {
		return "[x]"
	}
	return "[ ]"
}

// button draws the button of a form.
func button(th theme.Theme, on bool, name string) string {
	if on {
		return "  " + th.ButtonOn.Render("▸"+name+" ")
	}
	return "  " + th.Button.Render(" "+name+" ")
}

// messageLines draws what there is to say below a form's fields.
func messageLines(w, n int, text string, style theme.Style, mark string) []string {
	lines := wrap(text, w-4, n)
	for i, l := range lines {
		lines[i] = " " + style.Render(mark+" "+l)
		mark = " "
	}
	return lines
}
