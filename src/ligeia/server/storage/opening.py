"""The choice of a place for files, by the settings."""

from ligeia.errors import SettingsError
from ligeia.server.settings import Settings
from ligeia.server.storage.folder import FolderStorage
from ligeia.server.storage.s3 import S3Storage
from ligeia.server.storage.storage import Storage


def open_storage(settings: Settings) -> Storage:
    """Return the storage that the settings name.

    Raises:
        SettingsError: they name none that there is.
        MissingExtra: its client is not installed.
    """
    if settings.storage is None:
        return FolderStorage(settings.data / "files")
    bucket, prefix = bucket_of(settings.storage)
    return S3Storage(bucket, prefix, settings.s3_endpoint)


def bucket_of(address: str) -> tuple[str, str]:
    """Return the bucket and the prefix that an address names.

    Raises:
        SettingsError: it names none.

    Example:
        >>> bucket_of("s3://sounds/of/ours")
        ('sounds', 'of/ours')
    """
    scheme, _, place = address.partition("://")
    bucket, _, prefix = place.partition("/")
    if scheme != "s3" or not bucket:
        raise SettingsError(f"storage is not a valid address: expected s3://bucket/prefix, got {address!r}")
    return bucket, prefix
