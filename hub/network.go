package hub

import (
	"context"
	"crypto/x509"
	"errors"
	"io"
	"net"
	"net/url"
	"os"
	"syscall"
)

// networkError is one sentence about a hub that could not be reached or stopped
// answering. What it wraps is for errors.Is and errors.As.
type networkError struct {
	sentence string
	err      error
}

func (e *networkError) Error() string { return e.sentence }
func (e *networkError) Unwrap() error { return e.err }

// unreachable puts what happened between us and address into a sentence. op is what was
// tried, as in Error.Op.
func unreachable(op, address string, err error) error {
	return &networkError{"cannot " + op + ": " + networkReason(address, err), err}
}

func networkReason(address string, err error) string {
	var (
		dns     *net.DNSError
		unknown x509.UnknownAuthorityError
		name    x509.HostnameError
		invalid x509.CertificateInvalidError
		network net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "it was cancelled before " + address + " answered"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded), errors.As(err, &network) && network.Timeout():
		return address + " did not answer in time; check the network and try again"
	case errors.Is(err, syscall.ECONNREFUSED):
		return "cannot reach " + address + ": connection refused; is the hub running?"
	case errors.As(err, &dns):
		return "there is no host " + address + "; check the host name and the network"
	case errors.As(err, &unknown):
		return "the certificate of " + address + " is signed by an authority unknown here; name its CA certificate with --ca-file"
	case errors.As(err, &name):
		return "the certificate of " + address + " is for another host; check the host name"
	case errors.As(err, &invalid):
		return "the certificate of " + address + " is not valid; check its dates and this machine's clock"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, syscall.ECONNRESET), errors.Is(err, syscall.EPIPE):
		return address + " closed the connection before it answered; read again before repeating a change, it may have been made"
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err
	}
	return "cannot reach " + address + " (" + printable(err.Error()) + "); check the network and try again"
}
