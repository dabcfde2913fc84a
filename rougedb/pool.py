"""How the pool of connections to PostgreSQL looks after them."""

from psycopg import Connection
from psycopg_pool import ConnectionPool


def check(connection: Connection) -> None:
    """Raise an error if the connection is broken, and then replace all others that are broken too.

    The pool looks at one connection in a second: after a restart of the database visitors would wait for each of them.
    """
    try:
        ConnectionPool.check_connection(connection)
    except Exception:
        pool = connection._pool
        if isinstance(pool, ConnectionPool):
            pool.check()
        raise
