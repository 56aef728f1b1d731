"""The AWS around KMS, laid over moto. The only importer of moto, and imported only when another service is called."""
