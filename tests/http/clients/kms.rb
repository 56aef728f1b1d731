# The AWS SDK for Ruby: seals, opens, manages and pages. Prints what came of it as JSON.
require 'aws-sdk-kms'
require 'json'
require 'time'

# Debian's version is too old to read AWS_ENDPOINT_URL, and older than asymmetric keys.
OPTIONS = { endpoint: ENV.fetch('AWS_ENDPOINT_URL') }.freeze
kms = Aws::KMS::Client.new(**OPTIONS)

def failure
  yield
  nil
rescue Aws::KMS::Errors::ServiceError => e
  { class: e.class.name, code: e.code, message: e.message, request_id: e.context.http_response.headers['x-amzn-requestid'] }
end

case ARGV[0]
when 'envelope'
  context = { 'owner' => 'ruby', 'größe' => 'groß' }
  key = kms.create_key(description: 'for Ruby').key_metadata
  data_key = kms.generate_data_key(key_id: key.arn, key_spec: 'AES_256', encryption_context: context)
  again = kms.decrypt(ciphertext_blob: data_key.ciphertext_blob, encryption_context: context)
  result = {
    arn: key.arn,
    created: key.creation_date.utc.iso8601,
    key_ids: [data_key.key_id, again.key_id],
    same: again.plaintext == data_key.plaintext,
    key: [data_key.plaintext].pack('m0'),
    blob: [data_key.ciphertext_blob].pack('m0'),
    wrong: failure { kms.decrypt(ciphertext_blob: data_key.ciphertext_blob) },
    missing: failure { kms.describe_key(key_id: 'alias/nowhere') }
  }
when 'manage'
  old, new = Array.new(2) { kms.create_key(tags: [{ tag_key: 'team', tag_value: 'ruby' }]).key_metadata.arn }
  sealed = kms.encrypt(key_id: old, plaintext: 'moving', encryption_context: { 'room' => '1' })
  moved = kms.re_encrypt(
    ciphertext_blob: sealed.ciphertext_blob,
    source_encryption_context: { 'room' => '1' },
    destination_key_id: new,
    destination_encryption_context: { 'room' => '2' }
  )
  grant = kms.create_grant(key_id: new, grantee_principal: ARGV[1], operations: ['Decrypt'], name: 'reader')
  kms.enable_key_rotation(key_id: new)
  result = {
    old: old,
    new: new,
    moved: [moved.source_key_id, moved.key_id],
    blob: [moved.ciphertext_blob].pack('m0'),
    grants: kms.list_grants(key_id: new).grants.map { |each| [each.name, each.grant_id == grant.grant_id, each.operations] },
    rotates: kms.get_key_rotation_status(key_id: new).key_rotation_enabled,
    leaves: kms.schedule_key_deletion(key_id: old, pending_window_in_days: 7).deletion_date.utc.iso8601,
    gone: failure { kms.decrypt(ciphertext_blob: sealed.ciphertext_blob, encryption_context: { 'room' => '1' }) }
  }
when 'pages'
  there = Aws::KMS::Client.new(**OPTIONS, region: 'eu-south-1')
  made = Array.new(5) { there.create_key.key_metadata.key_id }
  result = { made: made.sort, pages: there.list_keys(limit: 2).map { |page| page.keys.map(&:key_id) } }
end
puts JSON.generate(result)
