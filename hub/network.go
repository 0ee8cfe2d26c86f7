package hub

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"syscall"
)

// networkError is one sentence about a hub that could not be reached or stopped
// answering. What it wraps is for errors.Is and errors.As.
type networkError struct {
	what string // what happened
	next string // what to do next; may be empty
	err  error
}

func (e *networkError) Error() string {
	if e.next == "" {
		return e.what
	}
	return e.what + "; " + e.next
}

func (e *networkError) Unwrap() error { return e.err }

// mayBeMade is what to do next when a change was sent and its answer did not arrive.
const mayBeMade = "read again before repeating the change, it may have been made"

// Unsure reports whether err leaves open if the change that failed was made after all: it had been
// sent when the connection broke, when the wait for the answer ended, or when what came back was not
// a hub's; or the hub failed by itself (a 5xx), which it may do with the change made. What came of it
// is to be read, not guessed. It is for the errors of writes, since a read changes nothing.
func Unsure(err error) bool {
	if e, ok := errors.AsType[*exchangeError](err); ok {
		return e.unsure
	}
	return is(err, func(e *Error) bool { return e.Status >= http.StatusInternalServerError })
}

// Reason returns what happened without what to do next, as a part of a sentence for those who know
// better what to do. Of an error that is not this package's it is the whole text.
func Reason(err error) string {
	if e, ok := errors.AsType[*networkError](err); ok {
		return e.what
	}
	if e, ok := errors.AsType[*Error](err); ok {
		what, _ := e.explain()
		return "cannot " + cmp.Or(e.Op, "do that") + ": " + what
	}
	return err.Error()
}

// unreachable puts what happened between us and address into a sentence. op is what was
// tried, as in Error.Op.
func unreachable(op, address string, err error) *networkError {
	what, next := networkReason(address, err)
	return &networkError{"cannot " + op + ": " + what, next, err}
}

// unreadable is an answer that is no document as the hub writes them, from a proxy perhaps.
func unreadable(op string, err error) *networkError {
	return &networkError{
		"cannot " + op + ": the answer is not what a hub sends (" + printable(err.Error()) + ")",
		"check that the host is an IoT Hub", err,
	}
}

func networkReason(address string, err error) (what, next string) {
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		dialled *net.OpError
		network net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "it was cancelled before " + address + " answered", ""
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return address + " did not answer in time", "check the network and try again"
	case errors.As(err, &dialled) && dialled.Op == "proxyconnect":
		return "cannot reach the proxy on the way to " + address + " (" + printable(dialled.Err.Error()) + ")", "check HTTPS_PROXY"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "cannot reach " + address + ": connection refused", "is the hub running?"
	case errors.As(err, &dns):
		return "there is no host " + address, "check the host name and the network"
	case errors.As(err, &unknown):
		return "the certificate of " + address + " is signed by an authority unknown here", "name its CA certificate with --ca-file"
	case errors.As(err, &name):
		return "the certificate of " + address + " is for another host", "check the host name"
	case errors.As(err, &invalid):
		return "the certificate of " + address + " is not valid", "check its dates and this machine's clock"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return address + " closed the connection before it answered", "try again"
	}
	return "cannot reach " + address + " (" + printable(bare(err).Error()) + ")", "check the network and try again"
}

// bare takes away what net/http puts around an error: the method and the address.
func bare(err error) error {
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		return wrapped.Err
	}
	return err
}
