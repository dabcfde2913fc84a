"""Files in a bucket of S3-compatible storage instead of a folder; needs requirements/s3.txt."""

from botocore.exceptions import ClientError
from django.core.exceptions import ImproperlyConfigured
from storages.backends.s3 import S3Storage


class Bucket(S3Storage):
    """A bucket in which a file lies under the very name that it is given.

    What is put there is there as a whole or not at all. Addresses are those of `base_url`, which nginx may lead to the
    bucket; without one nothing of it can be shown to anybody.
    """

    def __init__(self, *, base_url: str = "", **options: object) -> None:
        super().__init__(**options, file_overwrite=True, default_acl=None, querystring_auth=False)
        self.base_url = base_url

    def url(self, name: str, *args: object, **kwargs: object) -> str:
        """Return the address that visitors use."""
        if not self.base_url:
            raise ImproperlyConfigured("What lies in this bucket is shown to nobody.")
        return f"{self.base_url}{name}"

    def touch(self, name: str) -> None:
        """Let a file be of now. Raises FileNotFoundError."""
        key = self._normalize_name(name)
        try:
            self.bucket.Object(key).copy_from(
                CopySource={"Bucket": self.bucket_name, "Key": key},
                MetadataDirective="REPLACE",
                **self._get_write_parameters(name),
            )
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
                raise FileNotFoundError(name) from error
            raise
