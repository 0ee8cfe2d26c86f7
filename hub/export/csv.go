package export

import (
	"strings"
	"unicode/utf8"

	"twindeck/hub/patch"
)

// appendField appends a value as a field of CSV (RFC 4180 §2). Strings are as they are, guarded;
// everything else is its JSON, in which a number keeps the digits that the hub sent.
//
// Not encoding/csv: ending records in CR LF, as the RFC has it, it drops every CR inside a field
// and adds one to every LF.
func appendField(dst []byte, v patch.Value) []byte {
	text := ""
	switch v.Kind() {
	case patch.KindNull:
	case patch.KindString:
		text = Guard(v.Text())
	default:
		text = v.JSON()
	}
	if !strings.ContainsAny(text, ",\"\r\n") && strings.TrimSpace(text) == text {
		return append(dst, text...)
	}
	dst = append(dst, '"')
	dst = append(dst, strings.ReplaceAll(text, `"`, `""`)...)
	return append(dst, '"')
}

// dangerous is what a spreadsheet takes for the beginning of a formula (OWASP: CSV Injection),
// also as the full-width characters that some read alike, and the apostrophe itself, so that
// one in front always is ours.
const dangerous = "=+-@\t\r\n'＝＋－＠"

// Guard puts an apostrophe in front of a text that a spreadsheet would run as a formula: every
// one that begins with = + - @, their full-width forms, a tab or a line break. The apostrophe tells the
// spreadsheet that what follows is text. One that begins with an apostrophe gets another, so that
// [Unguard] gives back every text as it was.
func Guard(text string) string {
	if first, size := utf8.DecodeRuneInString(text); size > 0 && strings.ContainsRune(dangerous, first) {
		return "'" + text
	}
	return text
}

// Unguard takes away what [Guard] has put in front.
func Unguard(text string) string { return strings.TrimPrefix(text, "'") }
