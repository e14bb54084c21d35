//! Where a value stands: taken from the ground in a row, and kept by size when it is given back.
//!
//! Sizes are rounded up to a multiple of 8, beyond 512 bytes to a quarter of a power of two. A place that was given
//! back goes to the next value of its size; places are never put together. That costs up to a quarter of memory, and more
//! if a plugin gives back many places of one size and then wants another; in turn nothing is searched for.

use std::alloc::Layout;
use std::ops::Range;
use std::ptr;
use std::ptr::NonNull;

/// All places are multiples of it, and begin at one.
pub(super) const GRAIN: usize = 8;

/// Up to here each multiple of the grain is a size of its own.
const FINE_BYTES: usize = 512;
const FINE: usize = FINE_BYTES / GRAIN;

/// Sizes beyond: four for each power of two.
const COARSE: usize = 4 * (usize::BITS - FINE_BYTES.ilog2()) as usize;

/// Where the memory comes from.
pub(super) trait Ground {
    /// At least so many bytes that nobody else uses, from and to a multiple of [`GRAIN`]; none when there are no more.
    fn more(&mut self, bytes: usize) -> Option<Range<usize>>;
}

/// A size, and its number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size {
    number: usize,
    bytes: usize,
}

impl Size {
    #[inline]
    fn of(bytes: usize) -> Self {
        if bytes <= FINE_BYTES {
            let grains = bytes.div_ceil(GRAIN).max(1);
            return Self { number: grains - 1, bytes: grains * GRAIN };
        }
        let last = bytes - 1;
        let power = last.ilog2();
        let quarter = power - 2;
        // 4 to 7: the power's own bit, and the two behind it.
        let head = last >> quarter;
        let number = FINE + (power - FINE_BYTES.ilog2()) as usize * 4 + (head - 4);
        Self { number, bytes: (head + 1) << quarter }
    }
}

/// The places that are left.
pub(super) struct Places<G> {
    ground: G,
    next: usize,
    end: usize,
    /// By number of size, the place that was given back last; it holds the address of the one before, or 0.
    back: [usize; FINE + COARSE],
}

impl<G: Ground> Places<G> {
    pub(super) const fn on(ground: G) -> Self {
        Self { ground, next: 0, end: 0, back: [0; FINE + COARSE] }
    }

    /// A place for a value, or null when the ground has no more.
    #[inline]
    pub(super) fn take(&mut self, layout: Layout) -> *mut u8 {
        if layout.align() > GRAIN {
            return self.take_aligned(layout);
        }
        self.place(Size::of(layout.size()))
    }

    /// # Safety
    /// The place was taken with the same layout, and nobody uses it any more.
    #[inline]
    pub(super) unsafe fn give_back(&mut self, place: *mut u8, layout: Layout) {
        if layout.align() > GRAIN {
            // SAFETY: `take_aligned` left the block's address before the place.
            let block = unsafe { place.cast::<*mut u8>().sub(1).read() };
            // SAFETY: the block is of this size, and only this value was in it.
            return unsafe { self.put(block, Size::of(layout.size() + layout.align())) };
        }
        // SAFETY: the place is of this size, as the caller says.
        unsafe { self.put(place, Size::of(layout.size())) }
    }

    /// The value's place when it is `bytes` long, with what it holds; null, and nothing changes, when there is none.
    ///
    /// # Safety
    /// The place was taken with the same layout; unless null is returned, nobody uses it any more.
    #[inline]
    pub(super) unsafe fn resize(&mut self, place: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        let (old, new) = (Size::of(layout.size()), Size::of(bytes));
        if layout.align() <= GRAIN {
            if old == new {
                return place;
            }
            if new.bytes > old.bytes && place.addr() + old.bytes == self.next && self.fits(new.bytes - old.bytes) {
                self.next += new.bytes - old.bytes;
                return place;
            }
        }
        let Ok(longer) = Layout::from_size_align(bytes, layout.align()) else { return ptr::null_mut() };
        let moved = self.take(longer);
        if !moved.is_null() {
            // SAFETY: both places are at least so long, and they are not the same.
            unsafe { ptr::copy_nonoverlapping(place, moved, layout.size().min(bytes)) };
            // SAFETY: as the caller says.
            unsafe { self.give_back(place, layout) };
        }
        moved
    }

    #[inline]
    fn place(&mut self, size: Size) -> *mut u8 {
        let back = &mut self.back[size.number];
        if let Some(place) = NonNull::new(ptr::with_exposed_provenance_mut::<usize>(*back)) {
            // SAFETY: a place that was given back is ours, and holds the address of the one before.
            *back = unsafe { place.read() };
            return place.as_ptr().cast();
        }
        if !self.fits(size.bytes) && !self.spread(size.bytes) {
            return ptr::null_mut();
        }
        let place = self.next;
        self.next += size.bytes;
        ptr::with_exposed_provenance_mut(place)
    }

    /// # Safety
    /// The place is one of [`Self::place`] of the same size, and nobody uses it any more.
    #[inline]
    unsafe fn put(&mut self, place: *mut u8, size: Size) {
        if place.addr() + size.bytes == self.next {
            self.next = place.expose_provenance();
            return;
        }
        // SAFETY: the place is ours again, and no place is shorter than an address.
        unsafe { place.cast::<usize>().write(self.back[size.number]) };
        self.back[size.number] = place.expose_provenance();
    }

    /// A block with room for the value at a multiple of its alignment, and for the block's address before it.
    #[cold]
    fn take_aligned(&mut self, layout: Layout) -> *mut u8 {
        let Some(bytes) = layout.size().checked_add(layout.align()) else { return ptr::null_mut() };
        let block = self.place(Size::of(bytes));
        if block.is_null() {
            return block;
        }
        let place = block.map_addr(|at| (at + GRAIN).next_multiple_of(layout.align()));
        // SAFETY: between the block's begin and the place is at least a grain, which holds an address.
        unsafe { place.cast::<*mut u8>().sub(1).write(block) };
        place
    }

    #[inline]
    fn fits(&self, bytes: usize) -> bool {
        self.end - self.next >= bytes
    }

    #[cold]
    fn spread(&mut self, bytes: usize) -> bool {
        let Some(more) = self.ground.more(bytes) else { return false };
        // What was left there is not worth keeping, unless this goes on behind it.
        if more.start != self.end {
            self.next = more.start;
        }
        self.end = more.end;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Three fields; the second goes on behind the first.
    struct Fields(Vec<Range<usize>>);

    impl Ground for Fields {
        fn more(&mut self, bytes: usize) -> Option<Range<usize>> {
            let field = self.0.pop()?;
            (field.len() >= bytes).then_some(field)
        }
    }

    fn fields(bytes: usize) -> Places<Fields> {
        let ground = Vec::leak(vec![0_u64; bytes / 8]);
        let start = ground.as_mut_ptr().expose_provenance();
        let (third, half) = (start + bytes / 4, start + bytes / 2);
        Places::on(Fields(vec![half..start + bytes, third..half, start..third]))
    }

    fn layout(bytes: usize, align: usize) -> Layout {
        Layout::from_size_align(bytes, align).expect("a layout")
    }

    #[test]
    fn sizes_hold_what_they_are_for_and_waste_a_quarter_at_most() {
        let mut before = Size::of(1);
        for bytes in (0..5000).chain([1 << 20, (1 << 20) + 1, isize::MAX as usize]) {
            let size = Size::of(bytes);
            assert!(size.bytes >= bytes.max(GRAIN) && size.bytes.is_multiple_of(GRAIN), "{bytes}: {size:?}");
            assert!(size.bytes - bytes < GRAIN.max(bytes / 4 + 1) + GRAIN, "{bytes}: {size:?}");
            assert!(size.number >= before.number && size.number < FINE + COARSE, "{bytes}: {size:?}");
            assert_eq!(size.number == before.number, size.bytes == before.bytes, "{bytes}: {size:?}");
            before = size;
        }
    }

    #[test]
    fn what_was_given_back_is_taken_again() {
        let mut places = fields(4096);
        let (one, _two) = (places.take(layout(24, 8)), places.take(layout(24, 1)));
        // SAFETY: it was taken so.
        unsafe { places.give_back(one, layout(24, 8)) };
        assert_eq!(places.take(layout(20, 4)), one);
        let last = places.take(layout(700, 1));
        // SAFETY: it was taken so.
        unsafe { places.give_back(last, layout(700, 1)) };
        assert_eq!(places.take(layout(8, 1)), last, "the last place goes back to the ground");
    }

    #[test]
    fn the_last_place_grows_where_it_is_and_others_move_with_what_they_hold() {
        let mut places = fields(4096);
        let first = places.take(layout(8, 1));
        // SAFETY: the places were taken with these layouts, and are as long.
        unsafe {
            first.cast::<u64>().write(0x0102_0304_0506_0708);
            let grown = places.resize(first, layout(8, 1), 100);
            assert_eq!(grown, first);
            let _behind = places.take(layout(8, 1));
            let moved = places.resize(grown, layout(100, 1), 200);
            assert_ne!(moved, first);
            assert_eq!(moved.cast::<u64>().read(), 0x0102_0304_0506_0708);
            assert_eq!(places.take(layout(97, 1)), first, "where it was is free");
        }
    }

    #[test]
    fn values_never_meet_whatever_is_taken_and_given_back() {
        let mut places = fields(1 << 20);
        let mut kept: Vec<(*mut u8, Layout, u8)> = Vec::new();
        let mut draw = 1_u32;
        for turn in 0..20_000 {
            draw = draw.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            let (choice, bytes) = (draw >> 24, 1 + (draw >> 8) as usize % [20, 300, 3000][draw as usize % 3]);
            // SAFETY: each place is used as long as it was taken for, and given back once.
            unsafe {
                if choice < 115 || kept.is_empty() {
                    let (layout, mark) = (layout(bytes, 1 << (choice % 6)), turn as u8);
                    let place = places.take(layout);
                    assert!(!place.is_null() && place.addr().is_multiple_of(layout.align()), "{layout:?}");
                    place.write_bytes(mark, bytes);
                    kept.push((place, layout, mark));
                } else {
                    let (place, old, mark) = kept.swap_remove(bytes % kept.len());
                    assert!((0..old.size()).all(|at| place.add(at).read() == mark), "{old:?} was written over");
                    if choice < 150 {
                        let new = places.resize(place, old, bytes);
                        assert!((0..old.size().min(bytes)).all(|at| new.add(at).read() == mark));
                        new.write_bytes(mark, bytes);
                        kept.push((new, layout(bytes, old.align()), mark));
                    } else {
                        places.give_back(place, old);
                    }
                }
            }
        }
        assert!(!kept.is_empty(), "nothing was kept");
    }

    #[test]
    fn without_ground_there_is_no_place_and_nothing_changes() {
        let mut places = fields(1024);
        let place = places.take(layout(200, 1));
        assert!(places.take(layout(2000, 1)).is_null());
        // SAFETY: it was taken so, and stays.
        assert!(unsafe { places.resize(place, layout(200, 1), 5000) }.is_null());
        assert!(places.take(layout(usize::MAX / 4, 1)).is_null());
    }
}
