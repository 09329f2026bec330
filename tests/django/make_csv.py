"""Writes the table of users as people export it.

    python make_csv.py DATABASE FOLDER

users.csv is what sqlite3 writes with `.mode csv` and `.headers on`, users.postgresql.csv what PostgreSQL writes with
`COPY trips_user TO STDOUT (FORMAT csv, HEADER)`, had the same users been in one.
"""
import re
import sqlite3
import sys
from pathlib import Path

TIMES = ("last_login", "date_joined")


def quoted(text):
    return '"' + text.replace('"', '""') + '"'


def as_sqlite(column, value):
    """Quotes all but printable ASCII, and spaces and apostrophes too. NULL is nothing."""
    if value is None:
        return ""
    text = str(value)
    return quoted(text) if re.search(r"[^!-~]|[\"',]", text) or not text else text


def as_postgresql(column, value):
    """Quotes where it must. NULL is nothing, booleans are a letter, times have a zone and no last zeros."""
    if value is None:
        return ""
    if column.startswith("is_"):
        return "t" if value else "f"
    text = str(value)
    if column in TIMES:
        return (text.rstrip("0").rstrip(".") if "." in text else text) + "+00"
    return quoted(text) if re.search(r'[",\r\n]', text) or not text else text


def main():
    database, folder = sys.argv[1], Path(sys.argv[2])
    rows = sqlite3.connect(database).execute("SELECT * FROM trips_user ORDER BY id")
    columns = [column[0] for column in rows.description]
    users = rows.fetchall()
    for name, written, end in [("users.csv", as_sqlite, "\r\n"), ("users.postgresql.csv", as_postgresql, "\n")]:
        lines = [",".join(columns)] + [",".join(map(written, columns, user)) for user in users]
        (folder / name).write_bytes("".join(line + end for line in lines).encode())


if __name__ == "__main__":
    main()
