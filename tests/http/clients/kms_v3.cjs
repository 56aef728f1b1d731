// The AWS SDK for JavaScript v3: one scene of work with KMS, named on the command line. Prints what came of it as JSON.
'use strict'
const { webcrypto, createCipheriv, createDecipheriv, createPublicKey, randomBytes, verify } = require('node:crypto')
const kmsModule = require('@aws-sdk/client-kms')

const {
  KMSClient,
  KMS,
  CreateAliasCommand,
  CreateKeyCommand,
  DecryptCommand,
  DescribeKeyCommand,
  DisableKeyCommand,
  EncryptCommand,
  GenerateDataKeyCommand,
  GetPublicKeyCommand,
  ListKeysCommand,
  SignCommand,
  VerifyCommand,
  paginateListKeys,
} = kmsModule

const client = new KMSClient({})
const text = (bytes) => Buffer.from(bytes).toString('utf8')

async function newKey(parameters = {}, on = client) {
  return (await on.send(new CreateKeyCommand(parameters))).KeyMetadata
}

// What a command fails with, as a program sees it: its class, its name, its text, its status.
async function failure(promise) {
  try {
    await promise
  } catch (error) {
    return {
      classes: Object.keys(kmsModule).filter((name) => name.endsWith('Exception') && error instanceof kmsModule[name]),
      name: error.name,
      message: error.message,
      status: error.$metadata.httpStatusCode,
      attempts: error.$metadata.attempts,
    }
  }
  return null
}

const scenes = {
  // A file sealed with a data key, as one does without the Encryption SDK.
  async envelope() {
    const { Arn } = await newKey()
    await client.send(new CreateAliasCommand({ AliasName: 'alias/javascript', TargetKeyId: Arn }))
    const EncryptionContext = { file: 'größe.txt', owner: 'js' }
    const dataKey = await client.send(
      new GenerateDataKeyCommand({ KeyId: 'alias/javascript', KeySpec: 'AES_256', EncryptionContext })
    )
    const iv = randomBytes(12)
    const cipher = createCipheriv('aes-256-gcm', dataKey.Plaintext, iv)
    const sealed = Buffer.concat([cipher.update('a long story', 'utf8'), cipher.final()])
    const opened = await client.send(new DecryptCommand({ CiphertextBlob: dataKey.CiphertextBlob, EncryptionContext }))
    const decipher = createDecipheriv('aes-256-gcm', opened.Plaintext, iv)
    decipher.setAuthTag(cipher.getAuthTag())
    return {
      arn: Arn,
      keyIds: [dataKey.KeyId, opened.KeyId],
      story: Buffer.concat([decipher.update(sealed), decipher.final()]).toString('utf8'),
      blob: Buffer.from(dataKey.CiphertextBlob).toString('base64'),
      key: Buffer.from(dataKey.Plaintext).toString('base64'),
      requestId: opened.$metadata.requestId,
    }
  },

  // Opens what somebody else sealed.
  async open(blob, context) {
    const opened = await client.send(
      new DecryptCommand({ CiphertextBlob: Buffer.from(blob, 'base64'), EncryptionContext: JSON.parse(context) })
    )
    return { text: text(opened.Plaintext), algorithm: opened.EncryptionAlgorithm, keyId: opened.KeyId }
  },

  // Signs, and verifies with KMS, with Node's own crypto, and with another message.
  async sign() {
    const { KeyId } = await newKey({ KeySpec: 'ECC_NIST_P384', KeyUsage: 'SIGN_VERIFY' })
    const Message = Buffer.from('contract')
    const SigningAlgorithm = 'ECDSA_SHA_384'
    const { Signature } = await client.send(new SignCommand({ KeyId, Message, SigningAlgorithm }))
    const question = { KeyId, Message, Signature, SigningAlgorithm }
    const { SignatureValid } = await client.send(new VerifyCommand(question))
    const { PublicKey } = await client.send(new GetPublicKeyCommand({ KeyId }))
    const key = createPublicKey({ key: Buffer.from(PublicKey), format: 'der', type: 'spki' })
    return {
      valid: SignatureValid,
      outside: verify('sha384', Message, key, Signature),
      curve: key.asymmetricKeyDetails.namedCurve,
      other: await failure(client.send(new VerifyCommand({ ...question, Message: Buffer.from('another') }))),
    }
  },

  // Errors, as classes.
  async errors() {
    const { KeyId, Arn } = await newKey()
    const EncryptionContext = { a: '1' }
    const { CiphertextBlob } = await client.send(
      new EncryptCommand({ KeyId, Plaintext: Buffer.from('secret'), EncryptionContext })
    )
    const found = {
      missing: await failure(client.send(new DescribeKeyCommand({ KeyId: 'alias/nowhere' }))),
      context: await failure(client.send(new DecryptCommand({ CiphertextBlob }))),
      invalid: await failure(client.send(new CreateKeyCommand({ KeySpec: 'AES_512' }))),
    }
    await client.send(new DisableKeyCommand({ KeyId }))
    found.disabled = await failure(client.send(new DecryptCommand({ CiphertextBlob, EncryptionContext })))
    const stranger = new KMSClient({ credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: 'x' } })
    found.stranger = await failure(stranger.send(new ListKeysCommand({})))
    return { arn: Arn, ...found }
  },

  // Pages, in a Region where nobody else makes keys.
  async pages() {
    const there = new KMSClient({ region: 'sa-east-1' })
    const made = []
    for (let count = 0; count < 5; count++) made.push((await newKey({}, there)).KeyId)
    const pages = []
    for await (const page of paginateListKeys({ client: there, pageSize: 2 }, {})) {
      pages.push(page.Keys.map((key) => key.KeyId))
    }
    return { made, pages }
  },

  // The aggregated client, with dates, numbers and many calls at once over kept connections.
  async crowd() {
    const kms = new KMS({})
    const { KeyMetadata } = await kms.createKey({ Description: 'crowd', Tags: [{ TagKey: 'team', TagValue: 'js' }] })
    const { KeyId } = KeyMetadata
    const sealed = await Promise.all(
      Array.from({ length: 25 }, (_, n) => kms.encrypt({ KeyId, Plaintext: Buffer.from(`text ${n}`) }))
    )
    const opened = await Promise.all(sealed.map(({ CiphertextBlob }) => kms.decrypt({ CiphertextBlob })))
    const mac = await newKey({ KeySpec: 'HMAC_256', KeyUsage: 'GENERATE_VERIFY_MAC' })
    const { Mac } = await kms.generateMac({ KeyId: mac.KeyId, Message: Buffer.from('m'), MacAlgorithm: 'HMAC_SHA_256' })
    const leaving = await kms.scheduleKeyDeletion({ KeyId, PendingWindowInDays: 7 })
    return {
      texts: opened.map(({ Plaintext }) => text(Plaintext)),
      macLength: Mac.length,
      days: (leaving.DeletionDate - KeyMetadata.CreationDate) / 86400000,
      state: (await kms.describeKey({ KeyId })).KeyMetadata.KeyState,
      tags: (await kms.listResourceTags({ KeyId })).Tags,
    }
  },

  // Brings key material: wrapped by WebCrypto for the public key of the import.
  async bring() {
    const kms = new KMS({})
    const { KeyId } = await newKey({ Origin: 'EXTERNAL' })
    const parameters = await kms.getParametersForImport({
      KeyId,
      WrappingAlgorithm: 'RSAES_OAEP_SHA_256',
      WrappingKeySpec: 'RSA_3072',
    })
    const oaep = { name: 'RSA-OAEP', hash: 'SHA-256' }
    const wrapping = await webcrypto.subtle.importKey('spki', parameters.PublicKey, oaep, false, ['encrypt'])
    const material = randomBytes(32)
    await kms.importKeyMaterial({
      KeyId,
      ImportToken: parameters.ImportToken,
      EncryptedKeyMaterial: new Uint8Array(await webcrypto.subtle.encrypt(oaep, wrapping, material)),
      ExpirationModel: 'KEY_MATERIAL_DOES_NOT_EXPIRE',
    })
    const { CiphertextBlob } = await kms.encrypt({ KeyId, Plaintext: Buffer.from('mine') })
    await kms.deleteImportedKeyMaterial({ KeyId })
    return {
      gone: await failure(kms.decrypt({ CiphertextBlob })),
      state: (await kms.describeKey({ KeyId })).KeyMetadata.KeyState,
    }
  },
}

const [scene, ...words] = process.argv.slice(2)
scenes[scene](...words).then((result) => console.log(JSON.stringify(result)))
