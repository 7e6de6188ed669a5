output "archive_url" {
  description = "What [archive] url is."
  value       = "s3://${aws_s3_bucket.archive.id}${var.prefix == "" ? "" : "/"}${var.prefix}"
}

output "archive_policy_arn" {
  description = "Attach it to whoever runs caspio-ingest."
  value       = aws_iam_policy.archive.arn
}

output "role_arn" {
  description = "The role of the workers, where one was made."
  value       = one(aws_iam_role.worker[*].arn)
}

output "secret_arns" {
  description = "Where to fill in the secrets, by environment variable."
  value       = { for name, secret in aws_secretsmanager_secret.worker : name => secret.arn }
}
