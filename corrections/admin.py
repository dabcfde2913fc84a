from django.contrib import admin

from .models import Correction


@admin.register(Correction)
class CorrectionAdmin(admin.ModelAdmin):
    list_display = ["created_at", "kind", "author", "state"]
