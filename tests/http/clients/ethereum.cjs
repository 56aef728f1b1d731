// An Ethereum wallet whose key is in KMS: ethers-aws-kms-signer, which uses the AWS SDK for JavaScript v2.
'use strict'
const AWS = require('aws-sdk')
// Version 2 does not read AWS_ENDPOINT_URL.
AWS.config.update({ kms: { endpoint: process.env.AWS_ENDPOINT_URL } })
const { AwsKmsSigner } = require('ethers-aws-kms-signer')
const { utils } = require('ethers')

async function main(keyId) {
  const wallet = new AwsKmsSigner({
    accessKeyId: process.env.AWS_ACCESS_KEY_ID,
    secretAccessKey: process.env.AWS_SECRET_ACCESS_KEY,
    region: process.env.AWS_REGION,
    keyId,
  })
  const address = utils.getAddress(await wallet.getAddress())
  const signature = await wallet.signMessage('I own this wallet')
  const raw = await wallet.signTransaction({
    to: '0x000000000000000000000000000000000000dEaD',
    value: utils.parseEther('1.5'),
    nonce: 7,
    gasLimit: 21000,
    gasPrice: 1,
    chainId: 1,
  })
  const transaction = utils.parseTransaction(raw)
  return {
    address,
    recovered: utils.verifyMessage('I own this wallet', signature),
    other: utils.verifyMessage('I own that wallet', signature),
    from: transaction.from,
    value: utils.formatEther(transaction.value),
  }
}

main(...process.argv.slice(2)).then((result) => console.log(JSON.stringify(result)))
