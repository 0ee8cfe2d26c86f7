package hub

import (
	"context"
	"errors"
	"net/http"

	"twindeck/hub/patch"
)

// Statistics counts the devices of a hub.
type Statistics struct{ Devices, Enabled, Disabled int }

var errNoCount = errors.New("it counts nothing")

// Statistics asks how many devices there are (Azure REST reference: statistics, "Get Device
// Statistics"). The policy must have the right to read the registry.
func (c *Client) Statistics(ctx context.Context) (Statistics, error) {
	var s Statistics
	_, err := c.do(ctx, call{
		op: "count the devices", method: http.MethodGet, path: "statistics/devices",
		take: func(a answer) error {
			v, err := patch.Parse(a.body)
			if err != nil {
				return err
			}
			if total, _ := v.Get("totalDeviceCount"); total.Kind() != patch.KindNumber {
				return errNoCount
			}
			s = Statistics{
				Devices:  int(integer(v, "totalDeviceCount")),
				Enabled:  int(integer(v, "enabledDeviceCount")),
				Disabled: int(integer(v, "disabledDeviceCount")),
			}
			return nil
		},
	})
	if err != nil {
		return Statistics{}, err
	}
	return s, nil
}
