package hub

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
)

// ErrNoConnectionString means that a file holds nothing but white space.
var ErrNoConnectionString = errors.New("holds no connection string")

// ReadConnectionString reads the file that holds a connection string and nothing else. It
// blocks on the file system. Errors name the file and show nothing of what is in it.
func ReadConnectionString(name string) (ConnectionString, error) {
	text, err := readSmall(name)
	if err != nil {
		return ConnectionString{}, err
	}
	if strings.TrimSpace(string(text)) == "" {
		return ConnectionString{}, fmt.Errorf("%s %w", name, ErrNoConnectionString)
	}
	cs, err := ParseConnectionString(string(text))
	if err != nil {
		return ConnectionString{}, fmt.Errorf("%s: %w", name, err)
	}
	return cs, nil
}

// ReadRootCAs reads a file with CA certificates in PEM form, for [Options]. It blocks on the
// file system. Errors name the file.
func ReadRootCAs(name string) (*x509.CertPool, error) {
	text, err := readSmall(name)
	if err != nil {
		return nil, err
	}
	pool := x509.NewCertPool()
	if !pool.AppendCertsFromPEM(text) {
		return nil, fmt.Errorf("%s holds no certificate in PEM form", name)
	}
	return pool, nil
}

// smallFile is more than any connection string or bundle of certificates: a name that a user
// gave may be that of a device that never ends.
const smallFile = 1 << 20

func readSmall(name string) ([]byte, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	defer func() { _ = f.Close() }()
	text, err := io.ReadAll(io.LimitReader(f, smallFile))
	if err != nil {
		return nil, fmt.Errorf("cannot be read: %w", err)
	}
	return text, nil
}
