from allauth.account.decorators import reauthentication_required, secure_admin_login
from allauth.mfa.totp.views import activate_totp
from allauth.usersessions.views import list_usersessions
from django.conf import settings
from django.conf.urls.static import static
from django.contrib import admin
from django.urls import include, path, re_path
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override

from episodes.accounts import passkeys
from episodes.accounts.signing_up import ConfirmEmailView, SignupView

from . import views

# One way in for everybody, so that second factors and limits hold for the admin too.
admin.site.login = secure_admin_login(admin.site.login)  # type: ignore[method-assign]

# The QR code holds a secret, so it has no address of its own and comes within the page.
with_pictures_within = csp_override(settings.SECURE_CSP | {"img-src": [CSP.SELF, "data:"]})

handler400 = "rougedb.views.bad_request"
handler404 = "episodes.middleware.not_found"
handler500 = "rougedb.views.server_error"

urlpatterns = [
    path("", include("characters.urls")),
    path("", include("characters.contributing.urls")),
    path("", include("corrections.urls")),
    path("", include("episodes.urls")),
    path("accounts/2fa/totp/activate/", with_pictures_within(activate_totp)),
    path("accounts/2fa/webauthn/login/", passkeys.sign_in),
    path("accounts/signup/", SignupView.as_view()),
    path("accounts/", include([re_path(r"^confirm-email/(?P<key>[-:\w]+)/$", ConfirmEmailView.as_view())])),
    path("accounts/sessions/", reauthentication_required(list_usersessions)),
    path("accounts/", include("allauth.urls")),
    path("admin/", admin.site.urls),
    *(path(address[1:], view, name=view.__name__.replace("_", "-")) for address, view in views.ANSWERS.items()),
    *static(settings.MEDIA_URL, document_root=settings.MEDIA_ROOT),  # in DEBUG alone
]
