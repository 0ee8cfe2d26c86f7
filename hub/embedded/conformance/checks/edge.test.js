'use strict';
// Edge devices: their scope, their modules, and their children.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, newDevice, refused, registry } = require('./harness');

const newEdge = (fields = {}) => newDevice({ capabilities: { iotEdge: true }, ...fields });
const modulesOf = async ({ deviceId }) => body(await registry.getModulesOnDevice(deviceId));

describe('edge devices', () => {
  it('get a scope and the modules of the system', async () => {
    const edge = await newEdge();
    assert.match(edge.deviceScope, new RegExp(`^ms-azure-iot-edge://${edge.deviceId}-\\d+$`));
    const modules = await modulesOf(edge);
    assert.deepEqual(modules.map((m) => [m.moduleId, m.managedBy]).sort(), [['$edgeAgent', 'iotEdge'], ['$edgeHub', 'iotEdge']]);
  });

  it('take children, which name them as parents', async () => {
    const edge = await newEdge();
    const leaf = await newDevice({ deviceScope: edge.deviceScope });
    assert.equal(leaf.deviceScope, edge.deviceScope);
    assert.deepEqual(leaf.parentScopes, [edge.deviceScope]);
  });

  it('choose no scope, and keep theirs', async () => {
    const edge = await newEdge({ deviceScope: 'ms-azure-iot-edge://mine-1' });
    assert.notEqual(edge.deviceScope, 'ms-azure-iot-edge://mine-1');
    assert.equal(body(await registry.update({ ...edge, statusReason: 'x' })).deviceScope, edge.deviceScope);
    await refused(registry.update({ ...edge, deviceScope: 'ms-azure-iot-edge://mine-1' }), 400);
  });

  it('have parents of their own', async () => {
    const parent = await newEdge();
    const child = await newEdge({ parentScopes: [parent.deviceScope] });
    assert.deepEqual(child.parentScopes, [parent.deviceScope]);
    assert.notEqual(child.deviceScope, parent.deviceScope);
  });

  it('are no parents by their parentScopes alone', async () => {
    const edge = await newEdge();
    const leaf = await newDevice({ parentScopes: [edge.deviceScope] });
    assert.equal('deviceScope' in leaf, false);
    assert.equal('parentScopes' in leaf, false);
  });

  it('are made of other devices, and become them again', async () => {
    const device = await newDevice();
    const edge = body(await registry.update({ ...device, capabilities: { iotEdge: true } }));
    assert.equal(edge.capabilities.iotEdge, true);
    assert.equal((await modulesOf(edge)).length, 2);
    const leaf = body(await registry.update({ ...edge, capabilities: { iotEdge: false } }));
    assert.equal(leaf.capabilities.iotEdge, false);
  });
});
