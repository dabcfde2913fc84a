"""All that a site holds, database, pictures and archive, copied into a folder while it runs, and brought back.

A backup is a folder with `database.sqlite3` or `database.dump`, `media/`, `archive/`, and a `manifest.json` that names
each file with its size and SHA-256. It holds password hashes and what nobody has accepted: its owner alone can read it.
"""
