# The secrets without their values: fill them in with AWS's own tools, and let pods or machines read them.
resource "aws_secretsmanager_secret" "worker" {
  for_each = var.secrets

  name_prefix = "caspio-ingest/${each.value}-"
  description = "Environment variable ${each.value} of caspio-ingest."
  tags        = var.tags
}

data "aws_iam_policy_document" "secrets" {
  statement {
    sid       = "ReadSecrets"
    actions   = ["secretsmanager:GetSecretValue"]
    resources = [for secret in aws_secretsmanager_secret.worker : secret.arn]
  }
}

resource "aws_iam_policy" "secrets" {
  count = length(var.secrets) > 0 ? 1 : 0

  name_prefix = "caspio-ingest-secrets-"
  description = "Read the secrets of caspio-ingest."
  policy      = data.aws_iam_policy_document.secrets.json
  tags        = var.tags
}
