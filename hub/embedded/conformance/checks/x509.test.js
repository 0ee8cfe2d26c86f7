'use strict';
// Devices and modules that prove who they are with a certificate, by its thumbprint.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { selfSigned } = require('./certificates');
const {
  body, ca, desired, DeviceClient, host, Mqtt, MqttWs, newDevice, newModule, primaryKey, raw, refused, registry, resourceOf,
  signature, updateTwin, within,
} = require('./harness');

const mine = selfSigned('mine');
const other = selfSigned('other');
const thumbprints = (primaryThumbprint, secondaryThumbprint = '') => ({ authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint, secondaryThumbprint } } });

async function connect(id, { key, cert }, transport = Mqtt) {
  const c = DeviceClient.fromConnectionString(`HostName=${host};DeviceId=${id.deviceId};x509=true`, transport);
  c.setRetryPolicy({ shouldRetry: () => false, nextRetryTimeout: () => 0 });
  await c.setOptions({ ca, cert, key });
  await within('the connection', c.open());
  return c;
}

describe('certificates', () => {
  for (const [what, fields] of [
    ['SHA-1', thumbprints(mine.sha1)],
    ['SHA-256, in capitals', thumbprints(mine.sha256.toUpperCase())],
    ['the second of two', thumbprints(other.sha1, mine.sha1)],
  ]) {
    it(`let a device in by their thumbprint: ${what}`, async () => {
      const device = await newDevice(fields);
      const c = await connect(device, mine);
      const { patch } = await desired(c);
      await updateTwin(device, { properties: { desired: { a: 1 } } });
      assert.deepEqual(await patch(2), { a: 1, $version: 2 });
      await c.close();
    });
  }

  // The Node SDK knows no certificates of modules.
  it('let a module in by its own thumbprint, and not its device', async () => {
    const module = await newModule(thumbprints(mine.sha1));
    const device = body(await registry.get(module.deviceId));
    await raw(module, { password: '', ...mine });
    assert.equal((await refused(raw(device, { password: '', ...mine }))).code, 5);
    assert.equal((await refused(raw(module, { password: '', ...other }))).code, 5);
  });

  it('let a device in over WebSocket', async () => {
    const c = await connect(await newDevice(thumbprints(mine.sha1)), mine, MqttWs);
    assert.ok(await c.getTwin());
    await c.close();
  });

  it('of others let nobody in', async () => {
    for (const [fields, pair] of [[thumbprints(mine.sha1), other], [thumbprints(''), mine], [{}, mine]]) {
      assert.equal((await refused(connect(await newDevice(fields), pair))).name, 'UnauthorizedError');
    }
  });

  it('cannot be replaced by a token', async () => {
    const device = await newDevice(thumbprints(mine.sha1));
    const password = signature(resourceOf(device), primaryKey(await newDevice()));
    assert.equal((await refused(raw(device, { password }))).code, 5);
  });

  it('do not disturb who has a key', async () => {
    const device = await newDevice();
    assert.ok(await raw(device));
  });

  it('show in the twin how a device authenticates', async () => {
    const device = await newDevice(thumbprints(mine.sha1));
    const twin = body(await registry.getTwin(device.deviceId));
    assert.equal(twin.authenticationType, 'selfSigned');
    assert.equal(twin.x509Thumbprint.primaryThumbprint, mine.sha1);
  });
});
