"""Plain hunt: every bell wanders to the back and home again."""


def plain_hunt(bells):
    """All rows from rounds back to rounds, the first row given once."""
    rounds = list(range(1, bells + 1))
    rows = [rounds]
    for number in range(2 * bells - 1):
        rows.append(swapped(rows[-1], start=number % 2))
    return rows


def swapped(row, start):
    """The row after neighbours changed places, beginning at `start`."""
    row = list(row)
    for place in range(start, len(row) - 1, 2):
        row[place], row[place + 1] = row[place + 1], row[place]
    return row
