// The AWS SDK for JavaScript v3: one scene of work with S3, in the bucket named on the command line.
'use strict'
const { randomBytes, createHash } = require('node:crypto')
const { Readable } = require('node:stream')
const {
  S3Client,
  CopyObjectCommand,
  DeleteObjectsCommand,
  GetObjectCommand,
  HeadObjectCommand,
  NoSuchKey,
  NotFound,
  PutObjectCommand,
  paginateListObjectsV2,
} = require('@aws-sdk/client-s3')
const { Upload } = require('@aws-sdk/lib-storage')
const { getSignedUrl } = require('@aws-sdk/s3-request-presigner')

const client = new S3Client({ forcePathStyle: true })
const digest = (bytes) => createHash('sha256').update(bytes).digest('hex')
const read = async (command) => Buffer.from(await (await client.send(command)).Body.transformToByteArray())

async function failure(promise) {
  try {
    await promise
  } catch (error) {
    const { name, message, $metadata } = error
    return { name, message, status: $metadata.httpStatusCode, noSuchKey: error instanceof NoSuchKey, notFound: error instanceof NotFound }
  }
  return null
}

const scenes = {
  // An object there and back, a range of it, its head, a copy.
  async objects(Bucket) {
    const Body = randomBytes(100000)
    const Metadata = { colour: 'blue' }
    await client.send(new PutObjectCommand({ Bucket, Key: 'a b/ü+1.bin', Body, Metadata, ContentType: 'x/y' }))
    const CopySource = `${Bucket}/${encodeURIComponent('a b/ü+1.bin')}`
    await client.send(new CopyObjectCommand({ Bucket, Key: 'copy', CopySource }))
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'copy' }))
    const range = await client.send(new GetObjectCommand({ Bucket, Key: 'copy', Range: 'bytes=10-19' }))
    return {
      same: (await read(new GetObjectCommand({ Bucket, Key: 'a b/ü+1.bin' }))).equals(Body),
      head: [head.ContentLength, head.ContentType, head.Metadata],
      range: [range.ContentRange, Buffer.from(await range.Body.transformToByteArray()).equals(Body.subarray(10, 20))],
      digest: digest(Body),
      missing: await failure(client.send(new GetObjectCommand({ Bucket, Key: 'nothing' }))),
      headless: await failure(client.send(new HeadObjectCommand({ Bucket, Key: 'nothing' }))),
    }
  },

  // A stream of unknown length, in parts; its body goes in chunks with a checksum behind them.
  async multipart(Bucket) {
    const parts = Array.from({ length: 12 }, () => randomBytes(1024 * 1024))
    const upload = new Upload({ client, params: { Bucket, Key: 'big', Body: Readable.from(parts) }, partSize: 5 * 1024 * 1024 })
    const done = await upload.done()
    const head = await client.send(new HeadObjectCommand({ Bucket, Key: 'big' }))
    return { etag: done.ETag, length: head.ContentLength, digest: digest(Buffer.concat(parts)) }
  },

  // URLs that carry their signature, used by something that knows nothing of AWS.
  async presigned(Bucket) {
    const put = await getSignedUrl(client, new PutObjectCommand({ Bucket, Key: 'by url' }), { expiresIn: 60 })
    const get = await getSignedUrl(client, new GetObjectCommand({ Bucket, Key: 'by url' }), { expiresIn: 60 })
    const stored = await fetch(put, { method: 'PUT', body: 'through a URL' })
    const fetched = await fetch(get)
    const bent = await fetch(get.replace('by%20url', 'copy'))
    return {
      stored: stored.status,
      fetched: [fetched.status, await fetched.text()],
      bent: [bent.status, /<Code>(.*)<\/Code>/.exec(await bent.text())[1]],
    }
  },

  // Pages of a listing, and many deletions in one request.
  async listing(Bucket) {
    for (let n = 0; n < 7; n++) await client.send(new PutObjectCommand({ Bucket, Key: `list/${n}`, Body: `${n}` }))
    const pages = []
    for await (const page of paginateListObjectsV2({ client, pageSize: 3 }, { Bucket, Prefix: 'list/' })) {
      pages.push(page.Contents.map((object) => object.Key))
    }
    const Objects = pages.flat().slice(0, 5).map((Key) => ({ Key }))
    const { Deleted } = await client.send(new DeleteObjectsCommand({ Bucket, Delete: { Objects } }))
    return { pages, deleted: Deleted.map(({ Key }) => Key).sort() }
  },
}

const [scene, ...words] = process.argv.slice(2)
scenes[scene](...words).then((result) => console.log(JSON.stringify(result)))
