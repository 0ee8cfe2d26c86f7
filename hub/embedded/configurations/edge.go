package configurations

import (
	"twindeck/hub/embedded/registry"
)

// ApplyContent writes the content of a deployment to the modules of one edge device, once, and
// gives the device the modules that it brings. Deployments that target the device do not undo it
// until they are updated. Errors that are an *registry.Error are refusals.
func (m *Manager) ApplyContent(device string, body []byte) error {
	isEdge, err := m.opts.Registry.IsEdge(device)
	if err != nil {
		return err
	}
	if !isEdge {
		return argumentInvalid("Not an Azure IoT Edge device")
	}
	c, err := parseContent(body)
	if err != nil {
		return err
	}
	if c.family != edge {
		return invalidContent("an edge device takes modulesContent")
	}
	m.create(device, c.brings)
	for _, row := range m.opts.Registry.OfDevice(registry.Modules, device, 0) {
		values := c.settings[row.Twin.ID.Module]
		if len(values) == 0 {
			continue
		}
		if err := m.opts.Registry.ConfigureTwin(row.Twin.ID, []registry.Settings{{Values: values}}, row.Twin.Configured()); err != nil {
			return err
		}
	}
	return nil
}
