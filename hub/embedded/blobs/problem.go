package blobs

import (
	"errors"
	"net/http"
)

// problem is a refusal as the service makes it (REST reference: storageservices/
// blob-service-error-codes).
type problem struct {
	status     int
	code, text string
}

func (p *problem) Error() string { return p.code + ": " + p.text }

// problems are all refusals, by their codes.
var problems = func() map[string]*problem {
	all := map[string]*problem{}
	for _, p := range []problem{
		{http.StatusBadRequest, "InvalidBlobOrBlock", "The specified blob or block content is invalid: the ids of the blocks of a blob have the same length."},
		{http.StatusBadRequest, "InvalidBlockList", "The specified block list is invalid."},
		{http.StatusBadRequest, "InvalidHeaderValue", "The value for one of the HTTP headers is not in the correct format."},
		{http.StatusBadRequest, "InvalidQueryParameterValue", "Value for one of the query parameters specified in the request URI is invalid."},
		{http.StatusBadRequest, "InvalidUri", "The requested URI does not represent any resource on the server."},
		{http.StatusBadRequest, "InvalidXmlDocument", "XML specified is not syntactically valid."},
		{http.StatusBadRequest, "Md5Mismatch", "The MD5 value specified in the request did not match the MD5 value calculated by the server."},
		{http.StatusBadRequest, "MissingRequiredHeader", "An HTTP header that's mandatory for this request is not specified."},
		{http.StatusBadRequest, "RequestBodyIncomplete", "The body of the request breaks off or is late."},
		{http.StatusBadRequest, "UnsupportedQueryParameter", "One of the query parameters specified in the request URI is not supported."},
		{http.StatusUnauthorized, "NoAuthenticationInformation", "Server failed to authenticate the request. Please refer to the information in the www-authenticate header."},
		{http.StatusForbidden, "AuthenticationFailed", "Server failed to authenticate the request. Make sure the value of Authorization header is formed correctly including the signature."},
		{http.StatusForbidden, "AuthorizationPermissionMismatch", "This request is not authorized to perform this operation using this permission."},
		{http.StatusNotFound, "BlobNotFound", "The specified blob does not exist."},
		{http.StatusMethodNotAllowed, "UnsupportedHttpVerb", "The resource doesn't support specified Http Verb."},
		{http.StatusConflict, "BlobAlreadyExists", "The specified blob already exists."},
		{http.StatusConflict, "BlockCountExceedsLimit", "The committed block count cannot exceed the maximum limit of 50,000 blocks, and 100,000 may wait."},
		{http.StatusLengthRequired, "MissingContentLengthHeader", "Content-Length HTTP header is missing."},
		{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The range specified is invalid for the current size of the resource."},
		{http.StatusPreconditionFailed, "ConditionNotMet", "The condition specified using HTTP conditional header(s) is not met."},
		{http.StatusRequestEntityTooLarge, "RequestBodyTooLarge", "The blob is larger than the container takes, or the container is full."},
		{http.StatusInternalServerError, "InternalError", "The server encountered an internal error. Please retry the request."},
		{http.StatusServiceUnavailable, "ServerBusy", "The server is busy."},
	} {
		all[p.code] = &p
	}
	return all
}()

func problemOf(code string) *problem { return problems[code] }

// problemFor returns what to answer to an error.
func problemFor(err error) *problem {
	var p *problem
	switch {
	case errors.As(err, &p):
		return p
	case errors.Is(err, errFull), errors.Is(err, errTooLarge):
		return problemOf("RequestBodyTooLarge")
	case errors.Is(err, errBody):
		return problemOf("RequestBodyIncomplete")
	}
	return problemOf("InternalError")
}
