package rest

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"

	"twindeck/hub/embedded/uploads"
)

// Uploads of files over HTTPS (Azure REST reference: iothub/device, Create File Upload Sas Uri and
// Update File Upload Status). The service receives notifications over AMQP alone; that they can be
// received with GET is an addition of this hub, in the way of feedback.

const contentTypeFile = "application/vnd.microsoft.iothub.filenotification.json"

// beginUpload gives a device what it needs to write a blob.
func (s *Server) beginUpload(c *call) (response, error) {
	var asked struct {
		BlobName string `json:"blobName"`
	}
	if err := c.decode(&asked); err != nil {
		return response{}, err
	}
	ticket, err := s.files.Begin(c.id.Device, asked.BlobName)
	if err != nil {
		return response{}, err
	}
	body, err := json.Marshal(ticket)
	return ok(body), err
}

// endUpload takes what a device says about the end of an upload.
func (s *Server) endUpload(c *call) (response, error) {
	var ended uploads.Completion
	if err := c.decode(&ended); err != nil {
		return response{}, err
	}
	// One SDK has the id in the path and not in the body.
	if _, escaped, _ := strings.Cut(strings.ToLower(c.http.URL.EscapedPath()), "/files/notifications/"); escaped != "" {
		path := c.http.URL.EscapedPath()
		id, err := url.PathUnescape(strings.TrimSuffix(path[len(path)-len(escaped):], "/"))
		if err != nil {
			return response{}, errNoRoute
		}
		ended.CorrelationID = id
	}
	return response{status: http.StatusNoContent}, s.files.End(c.id.Device, ended)
}

// receiveFileNotification hands out the next notification of a file, which it locks.
func (s *Server) receiveFileNotification(*call) (response, error) {
	body, token, some, err := s.files.Receive()
	switch {
	case err != nil:
		return response{}, err
	case !some:
		return response{status: http.StatusNoContent}, nil
	}
	return response{status: http.StatusOK, body: body, header: http.Header{
		headerETag: {`"` + token + `"`}, "Content-Type": {contentTypeFile},
	}}, nil
}

func (s *Server) completeFileNotification(c *call) (response, error) {
	return settled(s.files.Complete(lockToken(c, "fileNotifications")))
}

func (s *Server) abandonFileNotification(c *call) (response, error) {
	return settled(s.files.Abandon(lockToken(c, "fileNotifications")))
}
