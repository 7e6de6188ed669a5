variable "bucket" {
  description = "Name of the archive's bucket: what [archive] url has behind s3://."
  type        = string
}

variable "prefix" {
  description = "Where in the bucket keys begin, without slashes; empty for its root."
  type        = string
  default     = ""

  validation {
    condition     = !startswith(var.prefix, "/") && !endswith(var.prefix, "/")
    error_message = "The prefix has no slash at its ends."
  }
}

variable "object_lock" {
  description = "Let originals be locked (archive.object_lock_days). It can only be chosen when the bucket is made."
  type        = bool
  default     = true
}

variable "kms_key_arn" {
  description = "Key for archive.sse = \"aws:kms\"; null encrypts with AES256."
  type        = string
  default     = null
}

variable "old_versions_days" {
  description = "How long replaced versions of derived files and manifests are kept."
  type        = number
  default     = 90
}

variable "infrequent_after_days" {
  description = "When originals move to STANDARD_IA, from which they are still read at once; null leaves them."
  type        = number
  default     = 90
  nullable    = true
}

variable "trusted_principals" {
  description = "Who may take on the role: ARNs of the machines' or pods' identities. Without any, no role is made."
  type        = list(string)
  default     = []
}

variable "secrets" {
  description = "Names of the secrets to make, without values: those never pass through Terraform's state."
  type        = set(string)
  default = [
    "CASPIO_CLIENT_ID",
    "CASPIO_CLIENT_SECRET",
    "CASPIO_INGEST_LEDGER__URL",
    "PREFECT_API_AUTH_STRING",
  ]
}

variable "tags" {
  description = "Tags of everything made here."
  type        = map(string)
  default     = {}
}
