"""Places for recordings and results: a folder, or a storage that speaks S3."""
