'use strict';
// How devices and modules prove who they are: keys and tokens. Wrong keys, and devices that are
// disabled or deleted, are with the connections.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const {
  body, client, DeviceClient, host, identityToken, keyOf, Mqtt, newDevice, newId, newModule, policyToken, primaryKey, raw, refused, registry,
  resourceOf, signature, within,
} = require('./harness');

// unauthorized expects the CONNACK code for what is not authorized.
async function unauthorized(connecting) {
  const err = await refused(connecting);
  assert.equal(err.code, 5, err.message);
}

describe('tokens of devices', { concurrency: true }, () => {
  it('let the SDK in with a signature alone', async () => {
    const device = await newDevice();
    const c = DeviceClient.fromSharedAccessSignature(identityToken(device), Mqtt);
    assert.ok(await c.getTwin());
    await c.close();
  });

  it('count until five minutes after they expired', async () => {
    const device = await newDevice();
    await unauthorized(raw(device, { password: identityToken(device, { lifetime: -310 }) }));
    await raw(device, { password: identityToken(device, { lifetime: -200 }) });
  });

  it('end the connection when they end', async () => {
    const device = await newDevice();
    const c = await raw(device, { password: identityToken(device, { lifetime: 8 }) });
    await within('the end of the connection', new Promise((resolve) => { c.once('close', resolve); }), 20000);
  });

  it('are signed with the key of the very identity', async () => {
    const module = await newModule();
    const device = body(await registry.get(module.deviceId));
    await unauthorized(raw(module, { password: signature(resourceOf(module), primaryKey(device)) }));
    await unauthorized(raw(device, { password: signature(resourceOf(device), primaryKey(module)) }));
    await raw(module, { password: signature(resourceOf(device), primaryKey(module)) });
  });

  it('are for the very identity', async () => {
    const [device, other] = [await newDevice(), await newDevice()];
    await unauthorized(raw(device, { password: signature(resourceOf(other), primaryKey(device)) }));
    await unauthorized(raw(device, { password: signature(`${resourceOf(device)}x`, primaryKey(device)) }));
    await unauthorized(raw(device, { password: signature(resourceOf(device).slice(0, -1), primaryKey(device)) }));
    await unauthorized(raw(device, { password: signature(`other.example.com/devices/${device.deviceId}`, primaryKey(device)) }));
  });

  it('may be for the whole hub, or be escaped twice, as some libraries do', async () => {
    const [device, module] = [await newDevice(), await newModule()];
    await raw(device, { password: signature(host, primaryKey(device)) });
    await raw(module, { password: signature(encodeURIComponent(resourceOf(module)), primaryKey(module)) });
  });

  it('of the policy for devices let any device in, those of other policies none', async () => {
    const device = await newDevice();
    await raw(device, { password: policyToken('device') });
    await raw(device, { password: signature(resourceOf(device), keyOf('device'), { policy: 'device' }) });
    for (const policy of ['service', 'registryRead', 'registryReadWrite']) await unauthorized(raw(device, { password: policyToken(policy) }));
  });

  it('are needed', async () => {
    const device = await newDevice();
    for (const password of ['', 'SharedAccessSignature', primaryKey(device)]) await unauthorized(raw(device, { password }));
  });

  it('do not make an unknown identity known', async () => {
    const device = await newDevice();
    await unauthorized(raw({ ...device, deviceId: newId() }, { password: signature(host, primaryKey(device)) }));
  });

  it('with a client id that is not the user name let nobody in', async () => {
    const [device, other] = [await newDevice(), await newDevice()];
    const username = `${host}/${device.deviceId}/?api-version=2021-04-12`;
    await unauthorized(raw(device, { clientId: other.deviceId, username }));
    await unauthorized(raw(other, { username }));
  });

  it('let in under every form of user name', async () => {
    const [device, module] = [await newDevice(), await newModule()];
    const d = `${host}/${device.deviceId}`;
    const agent = '&DeviceClientType=azure-iot-device%2F1.18.4%20(node%20v20)';
    for (const username of [d, `${d}/`, `${d}/api-version=2020-09-30`, `${d}/?api-version=2021-04-12${agent}`, `other/${device.deviceId}/?x=y`]) {
      await raw(device, { username });
    }
    for (const username of [`${host}/${module.deviceId}/${module.moduleId}/?api-version=2018-06-30`]) await raw(module, { username });
  });

  it('of the first key stop counting when the keys are made anew', async () => {
    const device = await newDevice();
    const password = identityToken(device);
    await raw(device, { password });
    await registry.update({ deviceId: device.deviceId });
    await unauthorized(raw(device, { password }));
  });

  it('are made by the SDK for as long as it is told, and made again in time', async () => {
    const device = await newDevice();
    const c = await client(device, { options: { tokenRenewal: { tokenValidTimeInSeconds: 3, tokenRenewalMarginInSeconds: 2 } } });
    await c.open();
    // It renews after a second, and reconnects for that.
    const reconnected = new Promise((resolve) => { c._transport._mqtt._fsm.on('transition', ({ toState }) => toState === 'connected' && resolve()); });
    await within('a renewal', reconnected);
    assert.ok(await c.getTwin());
  });
});

describe('MQTT', () => {
  it('is spoken in version 3.1.1 alone', async () => {
    const device = await newDevice();
    await refused(raw(device, { version: 5 }));
    assert.ok(await raw(device));
  });
});
