"""How often the great bell strikes."""


def strokes(hour):
    """Strokes at a full hour of the day, counted on a clock face of twelve."""
    if not 0 <= hour <= 23:
        raise ValueError(f"no such hour: {hour}")
    return hour % 12 or 12
