variable "bucket" {
  description = "Name of the archive's bucket: the part of [archive] url after s3://."
  type        = string
}

variable "prefix" {
  description = "Prefix of the keys in the bucket, without slashes; empty for its root."
  type        = string
  default     = ""

  validation {
    condition     = !startswith(var.prefix, "/") && !endswith(var.prefix, "/")
    error_message = "The prefix has no slash at its ends."
  }
}

variable "object_lock" {
  description = "Allow originals to be locked (archive.object_lock_days). It can only be set when the bucket is created."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "Key for archive.sse = \"aws:kms\"; null encrypts with AES256."
  type        = string
  default     = null
}

variable "old_versions_days" {
  description = "Days to keep replaced versions of derived files and manifests."
  type        = number
  default     = 90
}

variable "infrequent_after_days" {
  description = "Days until originals move to STANDARD_IA, where they can still be read at once; null does not move them."
  type        = number
  default     = 90
  nullable    = true
}

variable "trusted_principals" {
  description = "Who may assume the role: ARNs of the machines' or pods' identities. If empty, no role is created."
  type        = list(string)
  default     = []
}

variable "secrets" {
  description = "Names of the secrets to create, without values: those never pass through Terraform's state."
  type        = set(string)
  default = [
    "CASPIO_CLIENT_ID",
    "CASPIO_CLIENT_SECRET",
    "CASPIO_INGEST_LEDGER__URL",
    "PREFECT_API_AUTH_STRING",
  ]
}

variable "tags" {
  description = "Tags of everything created here."
  type        = map(string)
  default     = {}
}
