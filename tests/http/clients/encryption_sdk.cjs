// The AWS Encryption SDK for JavaScript: encrypts or decrypts one message. Bytes go in and out as base64.
'use strict'
const { buildClient, CommitmentPolicy, KmsKeyringNode } = require('@aws-crypto/client-node')

const { encrypt, decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_REQUIRE_DECRYPT)

const actions = {
  async encrypt(generatorKeyId, plaintext, context) {
    const keyring = new KmsKeyringNode({ generatorKeyId })
    const { result } = await encrypt(keyring, Buffer.from(plaintext, 'base64'), {
      encryptionContext: JSON.parse(context),
    })
    return { message: result.toString('base64') }
  },

  async decrypt(keyId, message) {
    const { plaintext, messageHeader } = await decrypt(
      new KmsKeyringNode({ keyIds: [keyId] }),
      Buffer.from(message, 'base64')
    )
    return {
      plaintext: plaintext.toString('base64'),
      context: messageHeader.encryptionContext,
      providers: messageHeader.encryptedDataKeys.map((each) => each.providerInfo),
    }
  },

  // Looks for the key itself, among those of one account.
  async discover(accountID, message) {
    const discoveryFilter = { accountIDs: [accountID], partition: 'aws' }
    const { plaintext } = await decrypt(
      new KmsKeyringNode({ discovery: true, discoveryFilter }),
      Buffer.from(message, 'base64')
    )
    return { plaintext: plaintext.toString('base64') }
  },
}

const [action, ...words] = process.argv.slice(2)
actions[action](...words).then(
  (result) => console.log(JSON.stringify(result)),
  (error) => console.log(JSON.stringify({ error: error.message }))
)
