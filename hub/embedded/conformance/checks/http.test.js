'use strict';
// What every answer has, and who may ask for it.

const assert = require('node:assert/strict');
const { describe, it } = require('node:test');
const { host, hub, identityToken, keyOf, newDevice, newId, newModule, policyToken, primaryKey, refused, Registry, rest, ServiceClient, signature, twinPath } = require('./harness');

const classic = /^\{"Message":"ErrorCode:\w+;.*","ExceptionMessage":"Tracking ID:[0-9A-F]{32}-G:\d+-TimeStamp:\d\d\/\d\d\/\d{4} \d\d:\d\d:\d\d"\}$/;

describe('answers', () => {
  it('carry the type, the server and an id of the request', async () => {
    const { headers } = await rest('GET', twinPath(await newDevice()));
    assert.equal(headers['content-type'], 'application/json; charset=utf-8');
    assert.equal(headers.server, 'Microsoft-HTTPAPI/2.0');
    assert.match(headers['x-ms-request-id'], /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  });

  it('name the error in a header and in the body', async () => {
    const answer = await rest('GET', `/devices/${newId()}`);
    assert.equal(answer.status, 404);
    assert.equal(answer.headers['iothub-errorcode'], 'DeviceNotFound');
    assert.match(answer.text, classic);
    assert.match(answer.json.Message, /^ErrorCode:DeviceNotFound;/);
  });

  it('are the same for every api-version', async () => {
    const { deviceId } = await newDevice();
    for (const version of ['2018-06-30', '2020-05-31-preview', '2020-09-30', '2021-04-12', '2024-03-31']) {
      assert.equal((await rest('GET', `/devices/${deviceId}`, { version })).status, 200, version);
    }
  });

  it('refuse an api-version that is missing or none', async () => {
    for (const version of [null, '', 'latest', '2021']) {
      const answer = await rest('GET', '/devices', { version });
      assert.equal(answer.status, 400);
      assert.equal(answer.headers['iothub-errorcode'], 'InvalidProtocolVersion');
    }
  });

  it('refuse what an address does not support', async () => {
    const { deviceId } = await newDevice();
    assert.equal((await rest('PATCH', `/devices/${deviceId}`, { json: {} })).status, 405);
    assert.equal((await rest('GET', '/nowhere')).status, 404);
  });

  it('take no notice of If-None-Match and of a slash at the end', async () => {
    const { deviceId } = await newDevice();
    assert.equal((await rest('GET', `/devices/${deviceId}/`, { headers: { 'If-None-Match': '*' } })).status, 200);
  });

  it('find the members of a body whatever their case is', async () => {
    const deviceId = newId();
    const answer = await rest('PUT', `/devices/${deviceId}`, { text: `{"DEVICEID":"${deviceId}","Status":"Disabled","statusREASON":"x"}` });
    assert.deepEqual([answer.status, answer.json.status, answer.json.statusReason], [200, 'disabled', 'x']);
    await rest('DELETE', `/devices/${deviceId}`, { headers: { 'If-Match': '*' } });
  });
});

describe('authorization', () => {
  it('needs a token', async () => {
    const answer = await rest('GET', '/devices', { token: null });
    assert.equal(answer.status, 401);
    assert.equal(answer.headers['iothub-errorcode'], 'IotHubUnauthorized');
    assert.match(answer.json.Message, /Authorization header missing/);
  });

  it('needs the right key, a known policy and a token that is whole', async () => {
    const wrong = Buffer.alloc(32).toString('base64');
    for (const token of [
      signature(host, wrong, { policy: 'iothubowner' }),
      signature(host, keyOf('iothubowner'), { policy: 'nobody' }),
      signature(host, keyOf('iothubowner')),
      signature(host, keyOf('service'), { policy: 'iothubowner' }),
      policyToken('iothubowner').replace('sig=', 'sig=x'),
      'SharedAccessSignature', 'Bearer x', 'nonsense',
    ]) {
      const answer = await rest('GET', '/devices', { token });
      assert.equal(answer.status, 401);
      assert.equal(answer.headers['iothub-errorcode'], 'IotHubUnauthorizedAccess');
    }
  });

  it('needs a token that has not expired, five minutes aside', async () => {
    assert.equal((await rest('GET', '/devices?top=1', { token: policyToken('iothubowner', { lifetime: -310 }) })).status, 401);
    assert.equal((await rest('GET', '/devices?top=1', { token: policyToken('iothubowner', { lifetime: -200 }) })).status, 200);
  });

  it('needs a token for this hub', async () => {
    const token = signature('other.example.com', keyOf('iothubowner'), { policy: 'iothubowner' });
    assert.equal((await rest('GET', '/devices?top=1', { token })).status, 401);
  });

  it('takes the fields of a token in any order', async () => {
    const [, sr, sig, se, skn] = /sr=(.*)&sig=(.*)&se=(.*)&skn=(.*)$/.exec(policyToken('iothubowner'));
    const token = `SharedAccessSignature skn=${skn}&se=${se}&sig=${sig}&sr=${sr}`;
    assert.equal((await rest('GET', '/devices?top=1', { token })).status, 200);
  });

  it('does not let a device or module into the service', async () => {
    const module = await newModule();
    for (const token of [identityToken(module), signature(host, primaryKey(module))]) {
      assert.equal((await rest('GET', twinPath(module), { token })).status, 401);
    }
  });

  it('gives each policy its rights and no more', async () => {
    const { deviceId } = await newDevice();
    // Which operations a policy may do: R reads the registry, W writes it, S is for the service.
    const rights = { iothubowner: 'RWS', service: 'S', device: '', registryRead: 'R', registryReadWrite: 'RW' };
    const operations = [
      ['R', 'GET', `/devices/${deviceId}`],
      ['R', 'GET', '/devices?top=1'],
      ['R', 'GET', '/statistics/devices'],
      ['W', 'PUT', `/devices/${deviceId}`, { deviceId }],
      ['W', 'POST', '/devices', [{ id: deviceId, importMode: 'update' }]],
      ['S', 'GET', `/twins/${deviceId}`],
      ['S', 'PATCH', `/twins/${deviceId}`, {}],
      ['S', 'PUT', `/twins/${deviceId}`, {}],
      ['S', 'POST', '/devices/query', { query: `SELECT * FROM devices WHERE deviceId = '${deviceId}'` }],
      ['S', 'POST', `/twins/${deviceId}/methods`, { methodName: 'x' }],
      ['S', 'GET', '/statistics/service'],
      ['S', 'GET', '/jobs/v2/query'],
    ];
    for (const [policy, may] of Object.entries(rights)) {
      for (const [right, method, path, json] of operations) {
        const headers = method === 'PUT' && path.startsWith('/devices') ? { 'If-Match': '*' } : {};
        const { status } = await rest(method, path, { json, headers, token: policyToken(policy) });
        assert.equal(status !== 401, may.includes(right), `${policy}: ${method} ${path} answers ${status}`);
      }
    }
  });

  it('holds for the clients of the SDK', async () => {
    const device = await newDevice();
    const twins = Registry.fromConnectionString(hub.policies.service);
    assert.equal((await twins.getTwin(device.deviceId)).responseBody.deviceId, device.deviceId);
    await refused(twins.get(device.deviceId), 401);
    const caller = ServiceClient.fromConnectionString(hub.policies.registryReadWrite);
    await refused(caller.invokeDeviceMethod(device.deviceId, { methodName: 'x' }), 401);
  });
});
