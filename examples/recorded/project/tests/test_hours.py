import unittest

from belfry.hours import strokes


class Hours(unittest.TestCase):
    def test_morning(self):
        self.assertEqual(strokes(9), 9)

    def test_noon_and_midnight_strike_twelve(self):
        self.assertEqual([strokes(12), strokes(0)], [12, 12])

    def test_afternoon_starts_again_at_one(self):
        self.assertEqual(strokes(13), 1)

    def test_there_is_no_hour_25(self):
        with self.assertRaises(ValueError):
            strokes(25)
