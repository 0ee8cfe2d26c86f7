'use strict';
// Direct methods as the service side calls them.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { body, connect, newDevice, newId, newModule, publish, raw, refused, registry, rest, service, subscribe, twinPath } = require('./harness');

const invoke = (id, json) => rest('POST', `${twinPath(id)}/methods`, { json });

// callee answers every method with what answer makes of its topic and payload.
async function callee(id, answer) {
  const c = await raw(id);
  c.on('message', (topic, payload) => {
    const [, name, request] = /^\$iothub\/methods\/POST\/(.*)\/\?\$rid=([0-9a-z]+)$/.exec(topic);
    const reply = answer(name, payload.toString());
    if (reply) c.publish(`$iothub/methods/res/${reply.status}/?$rid=${request}`, reply.payload ?? '');
  });
  await subscribe(c, '$iothub/methods/POST/#');
  return c;
}

describe('direct methods', { concurrency: true }, () => {
  it('do not reach a device that is not connected', async () => {
    const { deviceId } = await newDevice();
    const err = await refused(service.invokeDeviceMethod(deviceId, { methodName: 'ping' }), 404);
    assert.equal(err.response.headers['iothub-errorcode'], 'DeviceNotOnline');
    assert.equal(JSON.parse(JSON.parse(err.responseBody).Message).errorCode, 404103);
  });

  it('do not reach a module that is not connected', async () => {
    const { deviceId, moduleId } = await newModule();
    const err = await refused(service.invokeDeviceMethod(deviceId, moduleId, { methodName: 'ping' }), 404);
    assert.equal(err.response.headers['iothub-errorcode'], 'DeviceNotOnline');
  });

  it('do not reach a device that has not subscribed to them', async () => {
    const device = await newDevice();
    await connect(device);
    const err = await refused(service.invokeDeviceMethod(device.deviceId, { methodName: 'ping' }), 404);
    assert.equal(err.response.headers['iothub-errorcode'], 'DeviceNotOnline');
  });

  it('of a missing device or module name what is missing', async () => {
    const { deviceId } = await newDevice();
    const device = await refused(service.invokeDeviceMethod(newId(), { methodName: 'ping' }), 404);
    assert.equal(device.response.headers['iothub-errorcode'], 'DeviceNotFound');
    const module = await refused(service.invokeDeviceMethod(deviceId, 'missing', { methodName: 'ping' }), 404);
    assert.equal(module.response.headers['iothub-errorcode'], 'ModuleNotFound');
  });

  it('time out when the device does not answer', async () => {
    const device = await newDevice();
    await callee(device, () => undefined);
    // The SDK gives up after the sum of both timeouts, the hub after the first.
    const params = { methodName: 'ping', responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 5 };
    const err = await refused(service.invokeDeviceMethod(device.deviceId, params), 504);
    assert.equal(err.response.headers['iothub-errorcode'], 'GatewayTimeout');
  });

  it('wait for a device that connects within the connect timeout', async () => {
    const device = await newDevice();
    const answer = service.invokeDeviceMethod(device.deviceId, { methodName: 'ping', responseTimeoutInSeconds: 20, connectTimeoutInSeconds: 20 });
    // Once later requests are answered, this one waits.
    for (let i = 0; i < 10; i++) await registry.get(device.deviceId);
    await callee(device, () => ({ status: 200, payload: '"pong"' }));
    assert.equal(body(await answer).payload, 'pong');
  });

  it('do not wait longer for a device than the connect timeout', async () => {
    const answer = await invoke(await newDevice(), { methodName: 'ping', responseTimeoutInSeconds: 30, connectTimeoutInSeconds: 1 });
    assert.equal(answer.headers['iothub-errorcode'], 'DeviceNotOnline');
  });

  it('refuse a connect timeout above the response timeout', async () => {
    const answer = await invoke(await newDevice(), { methodName: 'ping', responseTimeoutInSeconds: 5, connectTimeoutInSeconds: 6 });
    assert.equal(answer.status, 400);
    assert.match(answer.json.Message, /^ErrorCode:ArgumentInvalid;Device connection timeout/);
  });

  it('refuse a response timeout outside 5 to 300 seconds', async () => {
    const device = await newDevice();
    for (const responseTimeoutInSeconds of [4, 301]) {
      assert.equal((await invoke(device, { methodName: 'ping', responseTimeoutInSeconds })).status, 400);
    }
  });

  it('refuse a call without a name', async () => {
    assert.equal((await invoke(await newDevice(), { payload: 1 })).status, 400);
  });

  it('carry 128 KB in either direction, and no more', async () => {
    const device = await newDevice();
    await callee(device, (name, payload) => ({ status: 200, payload }));
    const payload = 'x'.repeat((128 << 10) - 2);
    assert.equal((await invoke(device, { methodName: 'echo', payload })).json.payload, payload);
    assert.equal((await invoke(device, { methodName: 'echo', payload: `${payload}x` })).status, 413);
  });

  it('arrive as null when they carry nothing, and answer null for nothing', async () => {
    const device = await newDevice();
    const seen = [];
    await callee(device, (name, payload) => {
      seen.push([name, payload]);
      return { status: 204 };
    });
    const { json } = await invoke(device, { methodName: 'nothing' });
    assert.deepEqual(json, { status: 204, payload: null });
    assert.deepEqual(seen, [['nothing', 'null']]);
  });

  it('take the first answer and no answer of another device', async () => {
    const [device, other] = [await newDevice(), await newDevice()];
    const stranger = await raw(other);
    const c = await raw(device);
    c.on('message', async (topic) => {
      const request = topic.slice(topic.indexOf('$rid='));
      await publish(stranger, `$iothub/methods/res/666/?${request}`, '"mine"', 1);
      await publish(c, `$iothub/methods/res/200/?${request}`, '"first"', 1);
      await publish(c, `$iothub/methods/res/201/?${request}`, '"second"', 1);
    });
    await subscribe(c, '$iothub/methods/POST/#');
    const { json } = await invoke(device, { methodName: 'ping' });
    assert.deepEqual(json, { status: 200, payload: 'first' });
  });

  it('reach a module and not its device', async () => {
    const module = await newModule();
    await callee(body(await registry.get(module.deviceId)), () => ({ status: 200, payload: '"device"' }));
    await callee(module, () => ({ status: 200, payload: '"module"' }));
    const params = { methodName: 'who', responseTimeoutInSeconds: 10 };
    assert.equal(body(await service.invokeDeviceMethod(module.deviceId, module.moduleId, params)).payload, 'module');
    assert.equal(body(await service.invokeDeviceMethod(module.deviceId, params)).payload, 'device');
  });
});
