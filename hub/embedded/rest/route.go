package rest

import (
	"net/http"
	"net/url"
	"strings"

	"twindeck/hub/embedded/registry"
	"twindeck/hub/embedded/sas"
)

// route is one operation of the service.
type route struct {
	method string
	path   string // segments; {device} and {module} stand for an id, {lock} and {upload} for anything, {job} is one in place of a device's
	rights sas.Rights
	serve  func(*Server, *call) (response, error)
}

// routes are the operations, in the order in which they are tried.
var routes = []route{
	{http.MethodPost, "/devices/query", sas.ServiceConnect, (*Server).query},
	{http.MethodGet, "/statistics/devices", sas.RegistryRead, (*Server).deviceStatistics},
	{http.MethodGet, "/statistics/service", sas.ServiceConnect, (*Server).serviceStatistics},

	{http.MethodGet, "/jobs/v2/query", sas.ServiceConnect, (*Server).queryJobs},
	{http.MethodGet, "/jobs/v2/{job}", sas.ServiceConnect, (*Server).getJob},
	{http.MethodPut, "/jobs/v2/{job}", sas.ServiceConnect, (*Server).createJob},
	{http.MethodPost, "/jobs/v2/{job}/cancel", sas.ServiceConnect, (*Server).cancelJob},

	{http.MethodGet, "/devices", sas.RegistryRead, (*Server).listDevices},
	{http.MethodPost, "/devices", sas.RegistryWrite, (*Server).bulk},
	{http.MethodGet, "/devices/{device}", sas.RegistryRead, (*Server).getIdentity},
	{http.MethodPut, "/devices/{device}", sas.RegistryWrite, (*Server).putIdentity},
	{http.MethodDelete, "/devices/{device}", sas.RegistryWrite, (*Server).deleteIdentity},
	{http.MethodGet, "/devices/{device}/modules", sas.RegistryRead, (*Server).listModules},
	{http.MethodGet, "/devices/{device}/modules/{module}", sas.RegistryRead, (*Server).getIdentity},
	{http.MethodPut, "/devices/{device}/modules/{module}", sas.RegistryWrite, (*Server).putIdentity},
	{http.MethodDelete, "/devices/{device}/modules/{module}", sas.RegistryWrite, (*Server).deleteIdentity},

	{http.MethodDelete, "/devices/{device}/commands", sas.ServiceConnect, (*Server).purge},
	{http.MethodDelete, "/devices/{device}/modules/{module}/commands", sas.ServiceConnect, (*Server).purge},
	{http.MethodGet, "/messages/serviceBound/feedback", sas.ServiceConnect, (*Server).receiveFeedback},
	{http.MethodDelete, "/messages/serviceBound/feedback/{lock}", sas.ServiceConnect, (*Server).completeFeedback},
	{http.MethodPost, "/messages/serviceBound/feedback/{lock}/abandon", sas.ServiceConnect, (*Server).abandonFeedback},
	{http.MethodGet, "/messages/serviceBound/fileNotifications", sas.ServiceConnect, (*Server).receiveFileNotification},
	{http.MethodDelete, "/messages/serviceBound/fileNotifications/{lock}", sas.ServiceConnect, (*Server).completeFileNotification},
	{http.MethodPost, "/messages/serviceBound/fileNotifications/{lock}/abandon", sas.ServiceConnect, (*Server).abandonFileNotification},
	{http.MethodPost, "/devices/{device}/messages/deviceBound", sas.ServiceConnect, (*Server).sendToDevice},
	{http.MethodPost, "/devices/{device}/modules/{module}/messages/deviceBound", sas.ServiceConnect, (*Server).sendToDevice},

	{http.MethodGet, "/devices/{device}/messages/deviceBound", sas.DeviceConnect, (*Server).receive},
	{http.MethodDelete, "/devices/{device}/messages/deviceBound/{lock}", sas.DeviceConnect, (*Server).complete},
	{http.MethodPost, "/devices/{device}/messages/deviceBound/{lock}/abandon", sas.DeviceConnect, (*Server).abandon},
	{http.MethodPost, "/devices/{device}/messages/events", sas.DeviceConnect, (*Server).sendEvents},
	{http.MethodGet, "/devices/{device}/modules/{module}/messages/deviceBound", sas.DeviceConnect, (*Server).receive},
	{http.MethodDelete, "/devices/{device}/modules/{module}/messages/deviceBound/{lock}", sas.DeviceConnect, (*Server).complete},
	{http.MethodPost, "/devices/{device}/modules/{module}/messages/deviceBound/{lock}/abandon", sas.DeviceConnect, (*Server).abandon},
	{http.MethodPost, "/devices/{device}/modules/{module}/messages/events", sas.DeviceConnect, (*Server).sendEvents},

	{http.MethodPost, "/devices/{device}/files", sas.DeviceConnect, (*Server).beginUpload},
	{http.MethodPost, "/devices/{device}/files/notifications", sas.DeviceConnect, (*Server).endUpload},
	{http.MethodPost, "/devices/{device}/files/notifications/{upload}", sas.DeviceConnect, (*Server).endUpload},

	{http.MethodGet, "/twins/{device}", sas.ServiceConnect, (*Server).getTwin},
	{http.MethodPatch, "/twins/{device}", sas.ServiceConnect, (*Server).patchTwin},
	{http.MethodPut, "/twins/{device}", sas.ServiceConnect, (*Server).putTwin},
	{http.MethodPost, "/twins/{device}/methods", sas.ServiceConnect, (*Server).invoke},
	{http.MethodGet, "/twins/{device}/modules/{module}", sas.ServiceConnect, (*Server).getTwin},
	{http.MethodPatch, "/twins/{device}/modules/{module}", sas.ServiceConnect, (*Server).patchTwin},
	{http.MethodPut, "/twins/{device}/modules/{module}", sas.ServiceConnect, (*Server).putTwin},
	{http.MethodPost, "/twins/{device}/modules/{module}/methods", sas.ServiceConnect, (*Server).invoke},

	{http.MethodPost, "/configurations/testQueries", sas.RegistryRead, (*Server).testQueries},
	{http.MethodGet, "/configurations", sas.RegistryRead, (*Server).listConfigurations},
	{http.MethodGet, "/configurations/{configuration}", sas.RegistryRead, (*Server).getConfiguration},
	{http.MethodPut, "/configurations/{configuration}", sas.RegistryWrite, (*Server).putConfiguration},
	{http.MethodDelete, "/configurations/{configuration}", sas.RegistryWrite, (*Server).deleteConfiguration},
	{http.MethodPost, "/devices/{device}/applyConfigurationContent", sas.RegistryWrite, (*Server).applyContent},
}

// find returns the route of a request and the identity that its path names. Paths are taken
// apart before they are unescaped, because ids may contain anything but a slash; a slash at the
// end makes no difference.
func find(method, escapedPath string) (route, registry.ID, error) {
	segments := strings.Split(strings.TrimSuffix(strings.TrimPrefix(escapedPath, "/"), "/"), "/")
	for i, s := range segments {
		var err error
		if segments[i], err = url.PathUnescape(s); err != nil {
			return route{}, registry.ID{}, errNoRoute
		}
	}
	err := errNoRoute
	for _, r := range routes {
		id, ok := match(r.path, segments)
		if ok && r.method == method {
			return r, id, nil
		}
		if ok {
			err = errNoMethod
		}
	}
	return route{}, registry.ID{}, err
}

func match(pattern string, segments []string) (id registry.ID, ok bool) {
	i := 0
	for want := range strings.SplitSeq(pattern[1:], "/") {
		if i == len(segments) {
			return id, false
		}
		switch got := segments[i]; want {
		case "{device}", "{job}":
			id.Device = got
		case "{module}":
			id.Module = got
		case "{configuration}":
			id.Device = got
		case "{lock}", "{upload}":
		default:
			if !strings.EqualFold(got, want) {
				return id, false
			}
		}
		i++
	}
	return id, i == len(segments)
}
