package hub

import "context"

// Dependents are an identity and what depends on it: what goes or changes when it is deleted.
type Dependents struct {
	Identity Identity
	Modules  []Identity // of a device: they go with it
	Children []ID       // devices that are connected through an edge device: they lose their parent; from the query index, which lags
	More     bool       // there are more children

	// Why the modules or the children are not known; nil when they are.
	ModulesErr, ChildrenErr error
}

// Dependents reads an identity and what depends on it. It fails when the identity cannot be read;
// what else cannot be read is said in the result.
func (c *Client) Dependents(ctx context.Context, id ID) (Dependents, error) {
	identity, err := c.Identity(ctx, id)
	if err != nil {
		return Dependents{}, err
	}
	d := Dependents{Identity: identity}
	if id.IsModule() {
		return d, nil
	}
	d.Modules, d.ModulesErr = c.Modules(ctx, id.Device)
	if !identity.Edge || identity.DeviceScope == "" {
		return d, nil
	}
	var page Entries
	page, d.ChildrenErr = c.List(ctx, Listing{Where: "ARRAY_CONTAINS(parentScopes, " + Literal(identity.DeviceScope) + ")"}, "", 0)
	for _, child := range page.Rows {
		d.Children = append(d.Children, child.ID)
	}
	d.More = page.Continuation != ""
	return d, nil
}
