# Exactly the calls that the S3 archive makes; tests/unit/infra/test_terraform.py compares them.
data "aws_iam_policy_document" "archive" {
  statement {
    sid       = "LookAtTheBucket"
    actions   = ["s3:ListBucket", "s3:GetBucketObjectLockConfiguration"]
    resources = [aws_s3_bucket.archive.arn]
  }

  statement {
    sid       = "ReadAndWriteObjects"
    actions   = ["s3:GetObject", "s3:PutObject", "s3:AbortMultipartUpload"]
    resources = ["${aws_s3_bucket.archive.arn}/${local.root}*"]
  }

  statement {
    sid       = "LockOriginals"
    actions   = ["s3:PutObjectRetention"]
    resources = ["${aws_s3_bucket.archive.arn}/${local.root}originals/*"]
  }

  # `doctor` deletes the probe that it wrote. Nothing else is ever deleted.
  statement {
    sid       = "RemoveProbes"
    actions   = ["s3:DeleteObject"]
    resources = ["${aws_s3_bucket.archive.arn}/${local.root}probe-*"]
  }

  dynamic "statement" {
    for_each = var.kms_key_arn == null ? [] : [var.kms_key_arn]

    content {
      sid       = "UseTheKey"
      actions   = ["kms:GenerateDataKey", "kms:Decrypt"]
      resources = [statement.value]
    }
  }
}

resource "aws_iam_policy" "archive" {
  name_prefix = "caspio-ingest-archive-"
  description = "What caspio-ingest may do in its archive."
  policy      = data.aws_iam_policy_document.archive.json
  tags        = var.tags
}

data "aws_iam_policy_document" "trust" {
  count = length(var.trusted_principals) > 0 ? 1 : 0

  statement {
    actions = ["sts:AssumeRole"]

    principals {
      type        = "AWS"
      identifiers = var.trusted_principals
    }
  }
}

resource "aws_iam_role" "worker" {
  count = length(var.trusted_principals) > 0 ? 1 : 0

  name_prefix        = "caspio-ingest-"
  assume_role_policy = data.aws_iam_policy_document.trust[0].json
  tags               = var.tags
}

resource "aws_iam_role_policy_attachment" "archive" {
  count = length(var.trusted_principals) > 0 ? 1 : 0

  role       = aws_iam_role.worker[0].name
  policy_arn = aws_iam_policy.archive.arn
}
