package devices

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"

	"twindeck/ui/cell"
	"twindeck/ui/devices/roster"
	"twindeck/ui/theme"
)

// span is a piece of a text, in bytes.
type span struct{ from, to int }

// spans returns where a safe text has the terms, whole characters each, in ascending order.
func spans(text string, terms []roster.Term, fuzzy bool) []span {
	var found []span
	for _, t := range terms {
		if fuzzy {
			found = append(found, fuzzySpans(text, t)...)
		} else {
			found = append(found, exactSpans(text, t)...)
		}
	}
	if len(found) == 0 {
		return nil
	}
	slices.SortFunc(found, func(a, b span) int { return a.from - b.from })
	merged := found[:1]
	for _, s := range found[1:] {
		if last := &merged[len(merged)-1]; s.from <= last.to {
			last.to = max(last.to, s.to)
		} else {
			merged = append(merged, s)
		}
	}
	return whole(text, merged)
}

func exactSpans(text string, t roster.Term) []span {
	folded := roster.Fold(text)
	if !strings.Contains(folded, t.Text) {
		return nil
	}
	// Where each byte of what is folded came from: characters may take another number of bytes.
	origin := make([]int, 0, len(folded)+1)
	for i, r := range text {
		for range utf8.RuneLen(unicode.ToLower(r)) {
			origin = append(origin, i)
		}
	}
	origin = append(origin, len(text))
	var found []span
	for from := 0; ; {
		at := strings.Index(folded[from:], t.Text)
		if at < 0 {
			return found
		}
		at += from
		from = at + len(t.Text)
		found = append(found, span{origin[at], origin[from]})
	}
}

func fuzzySpans(text string, t roster.Term) []span {
	at := roster.FuzzyPositions(t, text)
	if len(at) == 0 {
		return nil
	}
	var found []span
	n := 0
	for i, r := range text {
		if len(at) > 0 && at[0] == n {
			found = append(found, span{i, i + utf8.RuneLen(r)})
			at = at[1:]
		}
		n++
	}
	return found
}

// whole widens spans to whole characters, so that no style begins between a letter and its accent.
func whole(text string, spans []span) []span {
	if ascii(text) {
		return spans
	}
	at := 0
	for i := range spans {
		for at < len(text) {
			cluster, _ := ansi.FirstGraphemeCluster(text[at:], ansi.GraphemeWidth)
			end := at + max(len(cluster), 1)
			if at <= spans[i].from && spans[i].from < end {
				spans[i].from = at
			}
			if end >= spans[i].to {
				spans[i].to = end
				break
			}
			at = end
		}
	}
	return spans
}

func ascii(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// render fits a safe text into w cells, in a style, with the spans in another.
func render(text string, spans []span, w int, style, mark theme.Style) string {
	if w < 1 {
		return ""
	}
	cut := cell.Truncate(text, w)
	kept := len(cut)
	if cut != text {
		kept -= len(cell.Ellipsis)
	}
	var b strings.Builder
	at := 0
	for _, s := range spans {
		from, to := max(min(s.from, kept), at), min(s.to, kept)
		if from >= to {
			continue
		}
		b.WriteString(style.Render(cut[at:from]))
		b.WriteString(mark.Render(cut[from:to]))
		at = to
	}
	b.WriteString(style.Render(cut[at:]))
	b.WriteString(cell.Spaces(w - cell.Width(cut)))
	return b.String()
}
