package embedded

import (
	"bytes"
	"encoding/pem"
	"fmt"
	"io"
	"os"
)

// WriteCACertificate writes the hub's CA certificate to a file for clients to trust, and returns
// what removes it again, unless somebody has written something else there since. A file that
// holds anything but a certificate is left alone, which is an error that names it. It blocks on
// the file system.
func (s *Server) WriteCACertificate(name string) (remove func(), err error) {
	if err := checkReplaceable(name); err != nil {
		return nil, err
	}
	ca := s.CACertificate()
	if err := os.WriteFile(name, ca, 0o644); err != nil {
		return nil, fmt.Errorf("the CA certificate cannot be written, name another place for it: %w", err)
	}
	return func() {
		if now, err := os.ReadFile(name); err == nil && bytes.Equal(now, ca) {
			_ = os.Remove(name)
		}
	}, nil
}

// checkReplaceable refuses to write a certificate over a file that holds something else, such
// as the data of another hub.
func checkReplaceable(name string) error {
	info, err := os.Stat(name)
	if err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
		return nil //nolint:nilerr // what is not there or cannot be looked at shows when it is written
	}
	f, err := os.Open(name)
	if err != nil {
		return fmt.Errorf("the CA certificate cannot be written, name another place for it: %w", err)
	}
	defer func() { _ = f.Close() }()
	there, err := io.ReadAll(io.LimitReader(f, 1<<16))
	if err != nil {
		return fmt.Errorf("the CA certificate cannot be written, name another place for it: %w", err)
	}
	if block, _ := pem.Decode(there); block == nil || block.Type != "CERTIFICATE" {
		return fmt.Errorf("%s holds something else than a certificate and is left alone; name another place for the CA certificate", name)
	}
	return nil
}
