'use strict';
// Files that devices upload: through the SDK in one call and in two, to the storage of the hub.

const assert = require('node:assert/strict');
const crypto = require('node:crypto');
const { Readable } = require('node:stream');
const { describe, it } = require('node:test');
const { AnonymousCredential, BlobClient, BlockBlobClient } = require('@azure/storage-blob');
const { selfSigned } = require('./certificates');
const {
  ca, client, DeviceClient, host, identityToken, Mqtt, newDevice, newId, policyToken, primaryKey, refused, rest, resourceOf, signature, until,
} = require('./harness');

const notifications = '/messages/servicebound/filenotifications';

// storage returns the SDK's client of the blob that a ticket is for.
const storage = (ticket, kind = BlockBlobClient) => new kind(
  `https://${ticket.hostName}/${ticket.containerName}/${ticket.blobName}${ticket.sasToken}`, new AnonymousCredential(), { retryOptions: { maxTries: 1 } },
);

// read returns what the service finds in a file.
async function read(device, name) {
  const path = `/uploads/${encodeURIComponent(device.deviceId)}/${encodeURIComponent(name)}`;
  const answer = await rest('GET', path, { token: policyToken('service') });
  assert.equal(answer.status, 200, answer.text);
  return answer;
}

// notified takes notifications until there is one of the device. No other file of checks uploads.
const notified = (device) => until('the notification', async () => {
  const answer = await rest('GET', notifications);
  if (answer.status === 204) return undefined;
  assert.equal((await rest('DELETE', `${notifications}/${answer.headers.etag.replaceAll('"', '')}`)).status, 204);
  return answer.json.deviceId === device.deviceId && answer;
});

const begin = (device, json, options = {}) => rest('POST', `/devices/${device.deviceId}/files`, { json, token: identityToken(device), ...options });
const end = (device, json, options = {}) => rest('POST', `/devices/${device.deviceId}/files/notifications`, { json, token: identityToken(device), ...options });

describe('files', () => {
  it('are uploaded with one call', async () => {
    const device = await newDevice();
    const c = await client(device);
    const text = 'hello '.repeat(1000);
    await c.uploadToBlob('logs/today.txt', Readable.from([Buffer.from(text)]), text.length);
    assert.equal((await read(device, 'logs/today.txt')).text, text);
  });

  it('may be larger than what is sent at once', async () => {
    const device = await newDevice();
    const c = await client(device);
    const content = crypto.randomBytes(10 * 1024 * 1024 + 17);
    await c.uploadToBlob('large.bin', Readable.from([content]), content.length);
    const ticket = await c.getBlobSharedAccessSignature('large.bin');
    const found = await storage(ticket).downloadToBuffer();
    assert.ok(found.equals(content), `${found.length} of ${content.length} bytes`);
    await c.notifyBlobUploadStatus(ticket.correlationId, false, 200, 'only looked');
  });

  it('are uploaded in steps, and the service is told', async () => {
    const device = await newDevice();
    const c = await client(device);
    const ticket = await c.getBlobSharedAccessSignature('picture.png');
    assert.equal(ticket.hostName, host);
    assert.equal(ticket.blobName, `${device.deviceId}/picture.png`);
    assert.match(ticket.sasToken, /^\?.*sp=rw(&|$)/);
    await storage(ticket).upload('abc', 3, { blobHTTPHeaders: { blobContentType: 'image/png' }, metadata: { room: '12' } });
    const before = Date.now();
    await c.notifyBlobUploadStatus(ticket.correlationId, true, 201, 'uploaded');
    const { json, headers } = await notified(device);
    assert.equal(headers['content-type'], 'application/vnd.microsoft.iothub.filenotification.json');
    assert.equal(json.blobName, ticket.blobName);
    assert.equal(json.blobUri, `https://${host}/${ticket.containerName}/${ticket.blobName}`);
    assert.equal(json.blobSizeInBytes, 3);
    assert.ok(Math.abs(Date.parse(json.enqueuedTimeUtc) - before) < 60_000, json.enqueuedTimeUtc);
    assert.ok(Math.abs(Date.parse(json.lastUpdatedTime) - before) < 60_000, json.lastUpdatedTime);
    assert.equal((await read(device, 'picture.png')).headers['content-type'], 'image/png');
  });

  it('that failed are told of to nobody', async () => {
    const device = await newDevice();
    const c = await client(device);
    const failed = await c.getBlobSharedAccessSignature('failed');
    await storage(failed).upload('abc', 3);
    await c.notifyBlobUploadStatus(failed.correlationId, false, 500, 'no');
    const ticket = await c.getBlobSharedAccessSignature('fine');
    await storage(ticket).upload('abc', 3);
    await c.notifyBlobUploadStatus(ticket.correlationId, true, 201, 'yes');
    assert.equal((await notified(device)).json.blobName, `${device.deviceId}/fine`);
  });

  it('are told of under a lock', async () => {
    const device = await newDevice();
    while ((await rest('GET', notifications)).status === 200); // those of other checks are locked now
    const c = await client(device);
    await c.uploadToBlob('f', Readable.from([Buffer.from('x')]), 1);
    const receive = () => rest('GET', notifications);
    const first = await receive();
    assert.equal(first.json.deviceId, device.deviceId);
    assert.equal((await receive()).status, 204);
    const lock = (answer) => `${notifications}/${answer.headers.etag.replaceAll('"', '')}`;
    assert.equal((await rest('POST', `${lock(first)}/abandon`)).status, 204);
    assert.equal((await rest('DELETE', lock(first))).status, 412);
    const second = await receive();
    assert.equal((await rest('DELETE', lock(second))).status, 204);
    assert.equal((await receive()).status, 204);
  });

  it('cannot be a success when there are none', async () => {
    const device = await newDevice();
    const ticket = (await begin(device, { blobName: 'f' })).json;
    const answer = await end(device, { correlationId: ticket.correlationId, isSuccess: true, statusCode: 200 });
    assert.deepEqual([answer.status, answer.headers['iothub-errorcode']], [400, 'InvalidFileUploadCompletionStatus']);
  });

  it('are ended once, by their id, and by their device', async () => {
    const device = await newDevice();
    const { correlationId } = (await begin(device, { blobName: 'f' })).json;
    const other = await newDevice();
    for (const [who, id] of [[other, correlationId], [device, 'nonsense'], [device, undefined]]) {
      const answer = await end(who, { correlationId: id, isSuccess: false });
      assert.deepEqual([answer.status, answer.headers['iothub-errorcode']], [400, 'InvalidFileUploadCorrelationId']);
    }
    assert.equal((await end(device, { correlationId, isSuccess: false })).status, 204);
    assert.equal((await end(device, { correlationId, isSuccess: false })).status, 400);
  });

  it('are uploaded ten at a time', async () => {
    const device = await newDevice();
    const tickets = await Promise.all(Array.from({ length: 10 }, (_, i) => begin(device, { blobName: `f${i}` })));
    assert.deepEqual(tickets.map((t) => t.status), Array(10).fill(200));
    const answer = await begin(device, { blobName: 'more' });
    assert.deepEqual([answer.status, answer.headers['iothub-errorcode']], [403, 'DeviceMaximumActiveFileUploadLimitExceeded']);
    assert.match(answer.json.Message, /Number of active file upload requests cannot exceed 10/);
    await end(device, { correlationId: tickets[0].json.correlationId, isSuccess: false });
    assert.equal((await begin(device, { blobName: 'more' })).status, 200);
  });

  it('need a name', async () => {
    const device = await newDevice();
    for (const json of [{}, { blobName: '' }, { blobName: 'x'.repeat(1024) }]) assert.equal((await begin(device, json)).status, 400);
    assert.equal((await begin(device, { BLOBNAME: 'x' })).status, 200);
  });

  it('need the token of their device', async () => {
    const device = await newDevice();
    const other = await newDevice();
    for (const token of [null, identityToken(other), policyToken('service'), policyToken('registryReadWrite'), identityToken(device, { lifetime: -600 })]) {
      assert.equal((await begin(device, { blobName: 'x' }, { token })).status, 401);
      assert.equal((await end(device, { correlationId: 'x' }, { token })).status, 401);
    }
    assert.equal((await begin(device, { blobName: 'x' }, { token: policyToken('device') })).status, 200);
  });

  // The SDK for C signs for the address and not for the device.
  it('may have a token that is for uploads alone', async () => {
    const device = await newDevice();
    const token = signature(`${resourceOf(device)}/files`, primaryKey(device));
    assert.equal((await begin(device, { blobName: 'x' }, { token })).status, 200);
    assert.equal((await rest('POST', `/devices/${device.deviceId}/messages/events`, { json: {}, token })).status, 401);
  });

  it('are uploaded by a device with a certificate', async () => {
    const mine = selfSigned('files');
    const device = await newDevice({ authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint: mine.sha1, secondaryThumbprint: '' } } });
    const c = DeviceClient.fromConnectionString(`HostName=${host};DeviceId=${device.deviceId};x509=true`, Mqtt);
    await c.setOptions({ ca, cert: mine.cert, key: mine.key });
    await c.uploadToBlob('f', Readable.from([Buffer.from('signed')]), 6);
    assert.equal((await read(device, 'f')).text, 'signed');
  });

  it('that the storage refuses are failures to the SDK', async () => {
    const device = await newDevice();
    const c = await client(device);
    const broken = Readable.from((async function* () { yield Buffer.from('x'); throw new Error('the file cannot be read'); })());
    await refused(c.uploadToBlob('f', broken, 10));
    assert.equal((await rest('GET', `/uploads/${device.deviceId}/f`)).status, 404);
  });
});

describe('the storage', () => {
  const ticket = async (name = newId()) => (await begin(await newDevice(), { blobName: name })).json;
  const fails = async (promise, status, code) => {
    const err = await refused(promise, status);
    assert.equal(err.code ?? err.details?.errorCode, code, err.message);
  };

  it('opens one blob with one token', async () => {
    const [mine, other] = [await ticket(), await ticket()];
    await fails(storage({ ...other, sasToken: mine.sasToken }).upload('x', 1), 403, 'AuthenticationFailed');
    await fails(storage({ ...mine, sasToken: mine.sasToken.replace('sp=rw', 'sp=rwd') }).upload('x', 1), 403, 'AuthenticationFailed');
    await fails(storage({ ...mine, sasToken: mine.sasToken.replace(/se=\d+/, 'se=2999') }).upload('x', 1), 403, 'AuthenticationFailed');
    await fails(storage({ ...mine, sasToken: '' }).upload('x', 1), 401, 'NoAuthenticationInformation');
    await storage(mine).upload('x', 1);
    await fails(storage(mine).delete(), 403, 'AuthorizationPermissionMismatch');
  });

  it('tells what a blob is', async () => {
    const mine = await ticket();
    await fails(storage(mine).getProperties(), 404, 'BlobNotFound');
    const { etag } = await storage(mine).upload('hello', 5, { blobHTTPHeaders: { blobContentType: 'text/plain', blobCacheControl: 'no-store' }, metadata: { room: '12' } });
    const found = await storage(mine, BlobClient).getProperties();
    assert.deepEqual(
      [found.contentLength, found.contentType, found.cacheControl, found.etag, found.blobType, found.metadata.room],
      [5, 'text/plain', 'no-store', etag, 'BlockBlob', '12'],
    );
    assert.equal(Buffer.from(found.contentMD5).toString('hex'), crypto.createHash('md5').update('hello').digest('hex'));
    assert.equal(await storage(mine).exists(), true);
  });

  it('hands out a part of a blob', async () => {
    const mine = await ticket();
    await storage(mine).upload('0123456789', 10);
    assert.equal((await storage(mine).downloadToBuffer(3, 4)).toString(), '3456');
    await fails(storage(mine).download(10, 5), 416, 'InvalidRange');
  });

  it('puts blocks together in the order of the list', async () => {
    const mine = await ticket();
    const id = (n) => Buffer.from(`block${n}`).toString('base64');
    for (const n of [1, 2, 3]) await storage(mine).stageBlock(id(n), String(n).repeat(n), n);
    await fails(storage(mine).download(), 404, 'BlobNotFound');
    await fails(storage(mine).commitBlockList([id(1), id(4)]), 400, 'InvalidBlockList');
    await storage(mine).commitBlockList([id(3), id(1)]);
    assert.equal((await storage(mine).downloadToBuffer()).toString(), '3331');
    const { committedBlocks, uncommittedBlocks } = await storage(mine).getBlockList('all');
    assert.deepEqual([committedBlocks.map((b) => [b.name, b.size]), uncommittedBlocks ?? []], [[[id(3), 3], [id(1), 1]], []]);
    await fails(storage(mine).commitBlockList([id(2)]), 400, 'InvalidBlockList');
  });

  it('replaces a blob only when the conditions hold', async () => {
    const mine = await ticket();
    const never = { conditions: { ifNoneMatch: '*' } };
    const { etag } = await storage(mine).upload('1', 1, never);
    await fails(storage(mine).upload('2', 1, never), 409, 'BlobAlreadyExists');
    await storage(mine).upload('3', 1, { conditions: { ifMatch: etag } });
    await fails(storage(mine).upload('4', 1, { conditions: { ifMatch: etag } }), 412, 'ConditionNotMet');
    assert.equal((await storage(mine).downloadToBuffer()).toString(), '3');
  });

  it('notices content that was changed on the way', async () => {
    const mine = await ticket();
    const sum = crypto.createHash('md5').update('hello').digest();
    await fails(storage(mine).stageBlock(Buffer.from('1').toString('base64'), 'jello', 5, { transactionalContentMD5: sum }), 400, 'Md5Mismatch');
    await storage(mine).stageBlock(Buffer.from('1').toString('base64'), 'hello', 5, { transactionalContentMD5: sum });
  });

  it('lists and deletes for the service', async () => {
    const mine = await ticket('a&b.txt');
    for (const each of [mine, await ticket()]) await storage(each).upload('x', 1);
    const [device] = mine.blobName.split('/');
    const list = () => rest('GET', `/uploads?restype=container&comp=list&prefix=${device}%2F`, { token: policyToken('service') });
    assert.deepEqual((await list()).text.match(/<Name>[^<]*<\/Name>/g), [`<Name>${device}/a&amp;b.txt</Name>`]);
    const path = `/uploads/${device}/a%26b.txt`;
    assert.equal((await rest('DELETE', path, { token: policyToken('registryReadWrite') })).status, 403);
    assert.equal((await rest('DELETE', path, { token: policyToken('service') })).status, 202);
    assert.doesNotMatch((await list()).text, /<Name>/);
    assert.equal((await rest('GET', path)).status, 404);
  });
});
