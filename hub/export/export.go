// Package export writes rows of a hub for other programs to read: as CSV for a spreadsheet, as
// JSON lines for everything else, and into files that are whole or not there.
package export

import (
	"fmt"
	"io"

	"twindeck/hub/patch"
)

// Format is how rows are written.
type Format uint8

// The formats.
const (
	CSV       Format = iota // RFC 4180, with what a spreadsheet would run made harmless; see [Guard]
	JSONLines               // one object a line (https://jsonlines.org), nothing changed
)

// String returns CSV or JSON lines.
func (f Format) String() string {
	if f == JSONLines {
		return "JSON lines"
	}
	return "CSV"
}

// Extension returns how the name of a file in the format ends, with the dot.
func (f Format) Extension() string {
	if f == JSONLines {
		return ".jsonl"
	}
	return ".csv"
}

// Writer writes rows of the same columns. It is not safe for concurrent use.
type Writer struct {
	out     io.Writer
	format  Format
	columns []string
	buffer  []byte
}

// NewWriter returns a writer of rows with these columns, and writes the names of them where the
// format has them in front.
func NewWriter(out io.Writer, format Format, columns []string) (*Writer, error) {
	w := &Writer{out: out, format: format, columns: columns}
	if format != CSV {
		return w, nil
	}
	names := make([]patch.Value, len(columns))
	for i, c := range columns {
		names[i] = patch.String(c)
	}
	return w, w.Write(names)
}

// Write writes one row, in one write to what is below. It has a value for each column; null is
// for a column without one: an empty field of CSV, and no member of an object of JSON.
func (w *Writer) Write(row []patch.Value) error {
	if len(row) != len(w.columns) {
		return fmt.Errorf("a row of %d values for %d columns", len(row), len(w.columns))
	}
	w.buffer = w.buffer[:0]
	if w.format == CSV {
		for i, v := range row {
			if i > 0 {
				w.buffer = append(w.buffer, ',')
			}
			w.buffer = appendField(w.buffer, v)
		}
		w.buffer = append(w.buffer, '\r', '\n')
	} else {
		var members []patch.Member
		for i, v := range row {
			if !v.IsNull() {
				members = append(members, patch.Member{Key: w.columns[i], Value: v})
			}
		}
		w.buffer = append(patch.Object(members...).AppendJSON(w.buffer), '\n')
	}
	_, err := w.out.Write(w.buffer)
	return err
}
