package hub

import (
	"context"
	"net/http"
)

// Reach returns nil when the hub answers. It asks for the least there is, the number of connected
// devices (Azure REST reference: Statistics, Get Service Statistics), which takes no part of the
// quotas of queries and twins. A refusal is an [Error], and an answer too.
func (c *Client) Reach(ctx context.Context) error {
	_, err := c.do(ctx, call{op: "reach the hub", method: http.MethodGet, path: "statistics/service"})
	return err
}
