package embedded

import (
	"io"
	"net/http"
	"time"
)

// A client that sends the body of a request, or takes an answer, holds memory of the hub for as
// long as that takes. patience is how long it may take for each piece; a whole request has no limit,
// because method calls wait for their device.
const (
	patience  = 30 * time.Second
	paceBytes = 64 << 10
)

// paced returns a handler that lets clients go that are slower than a piece in the time given. Also
// what next does not read of a body, net/http does, before it answers.
func paced(next http.Handler, patience time.Duration) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		// Not every ResponseWriter has deadlines; those of tests do not need them.
		control := http.NewResponseController(w)
		_ = control.SetWriteDeadline(time.Time{}) // of the answer before, on the same connection
		if r.ContentLength != 0 {
			body := &pacedBody{ReadCloser: r.Body, control: control, patience: patience, until: time.Now().Add(patience)}
			_ = control.SetReadDeadline(body.until)
			r.Body = body
		}
		next.ServeHTTP(&pacedWriter{w, control, patience}, r)
	})
}

// pacedBody is a body that has to keep coming. Its deadline goes with its end: then it is the
// connection that is read, to see that the client is still there.
type pacedBody struct {
	io.ReadCloser
	control  *http.ResponseController
	patience time.Duration
	until    time.Time
	owed     int // of the piece under way, what has come
}

// Read implements io.Reader.
func (b *pacedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.owed += n
	switch pieces := b.owed / paceBytes; {
	case err == io.EOF:
		_ = b.control.SetReadDeadline(time.Time{})
	case err == nil && pieces > 0:
		b.owed -= pieces * paceBytes
		b.until = time.Now().Add(b.patience)
		_ = b.control.SetReadDeadline(b.until)
	}
	return n, err
}

// pacedWriter is an answer that has to be taken.
type pacedWriter struct {
	http.ResponseWriter
	control  *http.ResponseController
	patience time.Duration
}

// Write implements io.Writer.
func (w *pacedWriter) Write(p []byte) (written int, err error) {
	for {
		piece := p[:min(len(p), paceBytes)]
		_ = w.control.SetWriteDeadline(time.Now().Add(w.patience))
		n, err := w.ResponseWriter.Write(piece)
		written += n
		if p = p[len(piece):]; err != nil || len(p) == 0 {
			return written, err
		}
	}
}

// Unwrap lets an http.ResponseController at the connection.
func (w *pacedWriter) Unwrap() http.ResponseWriter { return w.ResponseWriter }
