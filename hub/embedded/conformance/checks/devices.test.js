'use strict';
// Device identities.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, client, created, hub, keyOf, newDevice, newId, newModule, primaryKey, refused, Registry, registry, rest, until } = require('./harness');

const key = (text, bytes = 32) => Buffer.alloc(bytes, text).toString('base64');

describe('device identities', () => {
  it('get keys of their own, in base64 of 32 bytes', async () => {
    const device = await newDevice();
    const { primaryKey: primary, secondaryKey: secondary } = device.authentication.symmetricKey;
    assert.match(primary, /^[A-Za-z0-9+/]{43}=$/);
    assert.match(secondary, /^[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(primary, secondary);
    assert.notEqual(primary, primaryKey(await newDevice()));
  });

  it('begin with every member of the document', async () => {
    // The SDK would fill in what is missing.
    const device = (await rest('GET', `/devices/${(await newDevice()).deviceId}`)).json;
    assert.equal(device.status, 'enabled');
    assert.equal(device.statusReason, null);
    assert.equal(device.connectionState, 'Disconnected');
    for (const time of ['connectionStateUpdatedTime', 'statusUpdatedTime', 'lastActivityTime']) {
      assert.equal(device[time], '0001-01-01T00:00:00Z', time);
    }
    assert.equal(device.cloudToDeviceMessageCount, 0);
    assert.deepEqual(device.capabilities, { iotEdge: false });
    assert.equal(device.authentication.type, 'sas');
    assert.deepEqual(device.authentication.x509Thumbprint, { primaryThumbprint: null, secondaryThumbprint: null });
    for (const absent of ['deviceScope', 'parentScopes']) assert.equal(absent in device, false, absent);
  });

  it('have an etag that is the base64 of a number and goes up by one', async () => {
    const number = (device) => {
      const text = Buffer.from(device.etag, 'base64').toString();
      assert.match(text, /^\d{8,9}$/);
      return Number(text);
    };
    const device = await newDevice();
    assert.equal(number(body(await registry.update({ ...device }))), number(device) + 1);
  });

  it('keep the keys they are created with, byte for byte', async () => {
    const keys = { primaryKey: key('p', 16), secondaryKey: key('s', 64) };
    const device = await newDevice({ authentication: { type: 'sas', symmetricKey: keys } });
    assert.deepEqual(device.authentication.symmetricKey, keys);
  });

  it('refuse a key that is too short, too long or alone', async () => {
    const create = (symmetricKey) => {
      const deviceId = newId();
      created.add(deviceId);
      return registry.create({ deviceId, authentication: { type: 'sas', symmetricKey } });
    };
    await refused(create({ primaryKey: key('p', 15), secondaryKey: key('s') }), 400);
    await refused(create({ primaryKey: key('p', 65), secondaryKey: key('s') }), 400);
    await refused(create({ primaryKey: key('p'), secondaryKey: '' }), 400);
  });

  it('exist once', async () => {
    const { deviceId } = await newDevice();
    const err = await refused(registry.create({ deviceId }), 409);
    assert.equal(err.name, 'DeviceAlreadyExistsError');
    assert.equal(err.response.headers['iothub-errorcode'], 'DeviceAlreadyExists');
  });

  it('are told apart by case', async () => {
    const upper = newId('-Case');
    await newDevice({ deviceId: upper });
    const lower = await newDevice({ deviceId: upper.replace('Case', 'case') });
    assert.notEqual(lower.deviceId, upper);
  });

  it('may have any of the allowed characters', async () => {
    const deviceId = newId("-:.+%_#*?!(),=@;$'");
    const device = await newDevice({ deviceId });
    assert.equal(device.deviceId, deviceId);
    assert.equal(body(await registry.get(deviceId)).generationId, device.generationId);
    await registry.delete(deviceId);
    await refused(registry.get(deviceId), 404);
  });

  it('refuse an id with another character or of 129', async () => {
    for (const deviceId of [`${newId()} x`, `${newId()}ä`, `${newId()}&`, 'x'.repeat(129)]) {
      await refused(registry.create({ deviceId }), 400);
    }
    const longest = newId().padEnd(128, 'x');
    assert.equal((await newDevice({ deviceId: longest })).deviceId, longest);
  });

  it('are read as they were created', async () => {
    const device = await newDevice();
    assert.deepEqual({ ...body(await registry.get(device.deviceId)) }, { ...device });
  });

  it('are not found when they are missing', async () => {
    const err = await refused(registry.get(newId()), 404);
    assert.equal(err.name, 'DeviceNotFoundError');
  });

  it('are listed', async () => {
    const devices = [await newDevice(), await newDevice()];
    const listed = body(await registry.list()).map((d) => d.deviceId);
    for (const { deviceId } of devices) assert.equal(listed.filter((id) => id === deviceId).length, 1);
  });

  it('are listed up to top', async () => {
    await newDevice();
    await newDevice();
    assert.equal((await rest('GET', '/devices?top=1')).json.length, 1);
    // Any other number is a thousand (REST reference: Get Devices).
    for (const top of [0, -1, 1001]) assert.ok((await rest('GET', `/devices?top=${top}`)).json.length > 1, `top=${top}`);
    assert.equal((await rest('GET', '/devices?top=all')).status, 400);
  });

  it('are updated under a star, and keep their generation', async () => {
    const device = await newDevice();
    const updated = body(await registry.update({ ...device, statusReason: 'because' }));
    assert.equal(updated.statusReason, 'because');
    assert.equal(updated.generationId, device.generationId);
    assert.equal(primaryKey(updated), primaryKey(device));
    assert.notEqual(updated.etag, device.etag);
  });

  it('lose what an update leaves out, and get new keys', async () => {
    const device = await newDevice({ statusReason: 'because' });
    const updated = body(await registry.update({ deviceId: device.deviceId }));
    assert.equal(updated.statusReason, null);
    assert.match(primaryKey(updated), /^[A-Za-z0-9+/]{43}=$/);
    assert.notEqual(primaryKey(updated), primaryKey(device));
  });

  it('are updated under their etag, quoted or not, and not under a stale one', async () => {
    const device = await newDevice();
    const put = (etag) => rest('PUT', `/devices/${device.deviceId}`, { json: { deviceId: device.deviceId }, headers: { 'If-Match': etag } });
    const quoted = await put(`"${device.etag}"`);
    assert.equal(quoted.status, 200);
    assert.equal((await put(quoted.json.etag)).status, 200);
    const stale = await put(`"${device.etag}"`);
    assert.equal(stale.status, 412);
    assert.equal(stale.headers['iothub-errorcode'], 'PreconditionFailed');
  });

  it('are not made by an update', async () => {
    await refused(registry.update({ deviceId: newId() }), 404);
  });

  it('say when their status was changed', async () => {
    const device = await newDevice();
    const disabled = body(await registry.update({ ...device, status: 'disabled', statusReason: 'lost' }));
    assert.deepEqual([disabled.status, disabled.statusReason], ['disabled', 'lost']);
    assert.ok(Date.parse(disabled.statusUpdatedTime) > Date.parse('2020-01-01'));
    assert.equal(body(await registry.getTwin(device.deviceId)).status, 'disabled');
  });

  it('refuse an unknown status and a reason of 129 characters', async () => {
    await refused(registry.create({ deviceId: newId(), status: 'broken' }), 400);
    await refused(registry.create({ deviceId: newId(), statusReason: 'x'.repeat(129) }), 400);
  });

  it('refuse authentication without a type', async () => {
    const err = await refused(registry.create({ deviceId: newId(), authentication: { type: 'none' } }), 400);
    assert.equal(err.response.headers['iothub-errorcode'], 'DeviceAuthenticationTypeIsMissing');
  });

  it('keep thumbprints, and refuse what is none', async () => {
    const thumbprint = 'aB'.repeat(20);
    const x509Thumbprint = { primaryThumbprint: thumbprint, secondaryThumbprint: 'f'.repeat(64) };
    const device = await newDevice({ authentication: { x509Thumbprint } });
    assert.equal(device.authentication.type, 'selfSigned');
    assert.deepEqual(device.authentication.x509Thumbprint, x509Thumbprint);
    for (const primaryThumbprint of ['a'.repeat(39), 'ab:'.repeat(20), 'g'.repeat(40)]) {
      const err = await refused(registry.create({ deviceId: newId(), authentication: { x509Thumbprint: { primaryThumbprint } } }), 400);
      assert.equal(err.response.headers['iothub-errorcode'], 'StringIsNotThumbprint');
    }
  });

  it('are deleted with their modules, and only once', async () => {
    const { deviceId, moduleId } = await newModule();
    await registry.delete(deviceId);
    await refused(registry.get(deviceId), 404);
    await refused(registry.getModuleTwin(deviceId, moduleId), 404);
    await refused(registry.delete(deviceId), 404);
  });

  it('are not deleted without a condition or under a stale etag', async () => {
    const device = await newDevice();
    const path = `/devices/${device.deviceId}`;
    assert.equal((await rest('DELETE', path)).status, 412);
    await registry.update({ ...device });
    assert.equal((await rest('DELETE', path, { headers: { 'If-Match': `"${device.etag}"` } })).status, 412);
    const { etag } = body(await registry.get(device.deviceId));
    assert.equal((await rest('DELETE', path, { headers: { 'If-Match': `"${etag}"` } })).status, 204);
  });

  it('are others when they are created again', async () => {
    const first = await newDevice();
    await registry.delete(first.deviceId);
    const second = await newDevice({ deviceId: first.deviceId });
    assert.notEqual(second.generationId, first.generationId);
    assert.match(second.generationId, /^\d{18}$/);
    assert.notEqual(primaryKey(second), primaryKey(first));
  });

  it('are counted, the disabled ones apart', async () => {
    // Other checks create and delete devices at the same time, so the counts are compared in
    // what must hold whatever they do.
    await newDevice();
    await newDevice({ status: 'disabled' });
    const counts = body(await registry.getRegistryStatistics());
    assert.ok(counts.enabledDeviceCount >= 1 && counts.disabledDeviceCount >= 1);
    assert.equal(counts.totalDeviceCount, counts.enabledDeviceCount + counts.disabledDeviceCount);
  });

  it('are counted when they are connected', async () => {
    const c = await client(await newDevice());
    await c.open();
    await until('a connected device', async () => (await rest('GET', '/statistics/service')).json.connectedDeviceCount >= 1);
  });

  it('are read by a policy that may only read, and not written', async () => {
    const { deviceId } = await newDevice();
    const reader = Registry.fromConnectionString(hub.policies.registryRead);
    assert.equal(body(await reader.get(deviceId)).deviceId, deviceId);
    const err = await refused(reader.update({ deviceId }), 401);
    assert.equal(err.response.headers['iothub-errorcode'], 'IotHubUnauthorizedAccess');
    assert.ok(!err.message.includes(keyOf('registryRead')));
  });
});
