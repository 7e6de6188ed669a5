output "archive_url" {
  description = "Value of [archive] url in the settings."
  value       = "s3://${aws_s3_bucket.archive.id}${var.prefix == "" ? "" : "/"}${var.prefix}"
}

output "archive_policy_arn" {
  description = "Attach it to the role that runs caspio-ingest."
  value       = aws_iam_policy.archive.arn
}

output "role_arn" {
  description = "Role of the workers, if one was created."
  value       = one(aws_iam_role.worker[*].arn)
}

output "secret_arns" {
  description = "ARNs of the secrets to fill in, by environment variable."
  value       = { for name, secret in aws_secretsmanager_secret.worker : name => secret.arn }
}
