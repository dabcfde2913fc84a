from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig
from django.core.checks import Tags, register


class DeskConfig(AdminConfig):
    default = False
    default_site = "characters.admin.site.Desk"


class SiteConfig(AppConfig):
    """The commands and checks that concern the site as a whole."""

    name = "rougedb"

    def ready(self) -> None:
        from .checks import encrypted_connections, key_of_content

        for check in (encrypted_connections, key_of_content):
            register(check, Tags.security, deploy=True)
