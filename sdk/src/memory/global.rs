//! The allocator of the WebAssembly module: one thread, the plugin's own data, and then pages from the host.

use super::places::GRAIN;
use super::places::Ground;
use super::places::Places;
use std::alloc::GlobalAlloc;
use std::alloc::Layout;
use std::arch::wasm32::memory_grow;
use std::cell::UnsafeCell;
use std::ops::Range;

/// What most calls get by with.
const FIRST_BYTES: usize = 128 << 10;

const PAGE_BYTES: usize = 64 << 10;
/// Asked for at once: each time costs the host two calls of its kernel.
const PAGES: usize = 4;

#[repr(align(8))]
struct First(UnsafeCell<[u8; FIRST_BYTES]>);

const _: () = assert!(align_of::<First>() == GRAIN);

// SAFETY: the module has one thread.
unsafe impl Sync for First {}

static FIRST: First = First(UnsafeCell::new([0; FIRST_BYTES]));

/// The module's memory.
struct Module {
    begun: bool,
}

impl Ground for Module {
    fn more(&mut self, bytes: usize) -> Option<Range<usize>> {
        if !self.begun {
            self.begun = true;
            if bytes <= FIRST_BYTES {
                let start = FIRST.0.get().expose_provenance();
                return Some(start..start + FIRST_BYTES);
            }
        }
        let pages = bytes.div_ceil(PAGE_BYTES).max(PAGES);
        let before = memory_grow::<0>(pages);
        (before != usize::MAX).then(|| before * PAGE_BYTES..(before + pages) * PAGE_BYTES)
    }
}

/// The global allocator of a plugin; [`export!`](crate::export!) sets it.
pub struct Memory(UnsafeCell<Places<Module>>);

// SAFETY: the module has one thread.
unsafe impl Sync for Memory {}

impl Memory {
    /// Nothing is taken yet.
    #[expect(clippy::new_without_default, reason = "it is made once, in a static")]
    pub const fn new() -> Self {
        Self(UnsafeCell::new(Places::on(Module { begun: false })))
    }

    #[expect(clippy::mut_from_ref, reason = "one thread, and no function of the places calls another allocator's")]
    fn places(&self) -> &mut Places<Module> {
        // SAFETY: the module has one thread, and no reference outlives the call that asked for it.
        unsafe { &mut *self.0.get() }
    }
}

// SAFETY: places of different values never overlap, and are as long and aligned as asked for.
unsafe impl GlobalAlloc for Memory {
    #[inline]
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        self.places().take(layout)
    }

    #[inline]
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: what is asked of callers is the same.
        unsafe { self.places().give_back(place, layout) }
    }

    #[inline]
    unsafe fn realloc(&self, place: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: what is asked of callers is the same.
        unsafe { self.places().resize(place, layout, bytes) }
    }
}
