"""Where recordings and results lie: a folder, or a storage that speaks S3."""
