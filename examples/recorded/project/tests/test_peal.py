import unittest

from belfry.peal import plain_hunt


class PlainHunt(unittest.TestCase):
    def test_begins_with_rounds(self):
        self.assertEqual(plain_hunt(4)[0], [1, 2, 3, 4])

    def test_no_row_is_rung_twice(self):
        rows = [tuple(row) for row in plain_hunt(6)]
        self.assertEqual(len(rows), len(set(rows)))
