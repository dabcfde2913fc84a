from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig


class DeskConfig(AdminConfig):
    default = False
    default_site = "characters.admin.site.Desk"


class SiteConfig(AppConfig):
    """The commands that concern the site as a whole."""

    name = "rougedb"
