package embedded

import (
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"time"

	"twindeck/hub/embedded/blobs"
	"twindeck/hub/embedded/rest"
	"twindeck/hub/embedded/sas"
	"twindeck/hub/embedded/uploads"
)

// Parts of the data file.
const (
	uploadsBucket = "uploads"
	blobsBucket   = "blobs"
	contentBucket = "blob content"
)

// The container that devices upload to, and its account. No operation of the hub has that path.
const (
	container = "uploads"
	account   = "twindeck"
)

// prepareFiles makes what devices upload files with.
func (s *Server) prepareFiles(opts Options) {
	b := blobs.Options{
		Container: container, Account: account, Key: s.keyFor("blobs"), Now: opts.Now, Limits: opts.FileStorage,
		Service: func(token string) error {
			policy, err := s.authority.VerifyService(token, opts.Now())
			if err == nil && !policy.Rights.Allow(sas.ServiceConnect) {
				err = sas.ErrForbidden
			}
			return err
		},
	}
	if s.data != nil {
		b.Index, b.Content = s.data.Keeper(blobsBucket), s.data.Keeper(contentBucket)
	}
	s.blobs = blobs.New(b)
	s.uploads = uploads.New(uploads.Options{
		Blobs: s.blobs, HostName: s.hostName(), Container: container, Key: s.keyFor("uploads"),
		Generation: s.registry.Generation, Keeper: s.keeper(uploadsBucket), Now: opts.Now, Limits: opts.FileUploads,
	})
}

// keyFor derives a key for something that outlives a restart from those of the policies, which do.
func (s *Server) keyFor(purpose string) []byte {
	mac := hmac.New(sha256.New, []byte(s.policies[0].Primary))
	mac.Write([]byte(purpose))
	return mac.Sum(nil)
}

// loadFiles reads what the data file knows of files.
func (s *Server) loadFiles(opts Options) error {
	if err := errors.Join(s.blobs.Load(), s.uploads.Load()); err != nil {
		return fmt.Errorf("cannot use the data file %s: %w", opts.DataFile, err)
	}
	return nil
}

// storage serves the container.
func (s *Server) storage(opts Options) http.Handler {
	return rest.Failing(s.blobs, opts.Faults, func(w http.ResponseWriter, r *http.Request, status int) {
		blobs.Refuse(w, r, blobs.Fault(status))
	})
}

// File describes a file that a device has uploaded; ok is false when there is none.
func (s *Server) File(device, name string) (size int64, modified time.Time, ok bool) {
	return s.blobs.Stat(device + "/" + name)
}
