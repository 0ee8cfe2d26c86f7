package registry

import (
	"fmt"
	"net/http"
)

// Shape is one of the three forms in which the service writes an error body.
type Shape uint8

const (
	// Classic is {"Message":"ErrorCode:Name;text","ExceptionMessage":"Tracking ID:…"}.
	Classic Shape = iota
	// Flat is {"errorCode":409301,"message":…,"trackingId":…,"timestampUtc":…}.
	Flat
	// Nested is Flat, with "info":null, as a string inside the Message of Classic.
	Nested
)

// Error is a refusal as the service makes it. Names and numbers are those of the Azure docs,
// iot-hub/troubleshoot-error-codes.
type Error struct {
	Status  int    // HTTP status
	Number  int    // for example 404001
	Name    string // for example DeviceNotFound; also the iothub-errorcode header
	Message string
	Shape   Shape
}

// Error returns the name and the text.
func (e *Error) Error() string { return e.Name + ": " + e.Message }

func argumentInvalid(format string, args ...any) *Error {
	return &Error{http.StatusBadRequest, 400004, "ArgumentInvalid", fmt.Sprintf(format, args...), Classic}
}

func deviceNotFound(device string) *Error {
	return &Error{http.StatusNotFound, 404001, "DeviceNotFound", device, Classic}
}

func moduleNotFound(id ID) *Error {
	return &Error{http.StatusNotFound, 404010, "ModuleNotFound", fmt.Sprintf("Module %s not found on device %s", id.Module, id.Device), Classic}
}

func deviceExists(device string) *Error {
	return &Error{http.StatusConflict, 409001, "DeviceAlreadyExists", fmt.Sprintf("A device with ID '%s' is already registered.", device), Classic}
}

func moduleExists(id ID, hub string) *Error {
	return &Error{
		http.StatusConflict, 409301, "ModuleAlreadyExistsOnDevice",
		fmt.Sprintf("Device %s in IotHub %s already contains Module %s.", id.Device, hub, id.Module), Flat,
	}
}

func tooManyModules(device string) *Error {
	return &Error{
		http.StatusRequestEntityTooLarge, 413003, "TooManyModulesOnDevice",
		fmt.Sprintf("Device %s already has %d modules.", device, maxModules), Classic,
	}
}

func preconditionFailed(text string) *Error {
	return &Error{http.StatusPreconditionFailed, 412001, "PreconditionFailed", text, Classic}
}

// moduleUnauthorized is what the service answers to any operation on a module identity whose
// device is missing or disabled: it fails as authorization, not as a search.
func moduleUnauthorized() *Error {
	return &Error{http.StatusUnauthorized, 401002, "IotHubUnauthorizedAccess", "Unauthorized", Nested}
}
