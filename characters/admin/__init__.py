"""The editors' admin. `apps.py` imports the modules that register: Django imports this package to find the site."""
