//! The empty world that WASI shows a guest: nothing to open, nobody to talk to, the event's time, seeded chance.
//!
//! Most calls never look at it, so it is made for the first that does.
//!
//! Invariant: nothing here comes from the host's own environment, so a call can be repeated exactly.

use crate::model::Timestamp;
use crate::plugin::call_log::CallLog;
use crate::plugin::call_log::LogOrigin;
use crate::plugin::sinks::Sink;
use rand::TryRng;
use sha2::Digest;
use sha2::Sha256;
use std::convert::Infallible;
use std::sync::atomic::AtomicU64;
use std::sync::atomic::Ordering;
use std::time::Duration;
use wasmtime_wasi::HostMonotonicClock;
use wasmtime_wasi::HostWallClock;
use wasmtime_wasi::WasiCtx;

/// Random bytes that a guest may ask for at once.
const RANDOM_BYTES: u64 = 1 << 20;

/// Where chance begins: the same for the same name and number, on any machine and in any version.
#[derive(Clone, Debug)]
pub(super) struct Seed {
    name: String,
    number: i64,
    /// Who was asked by whose call this is, in their order.
    asked: String,
}

impl Seed {
    pub(super) fn new(name: &str, number: i64) -> Self {
        Self { name: name.to_owned(), number, asked: String::new() }
    }

    /// That of a call within the call.
    pub(super) fn of_asked(&self, asked: &str) -> Self {
        Self { asked: format!("{}{asked}", self.asked), ..self.clone() }
    }

    fn value(&self) -> u64 {
        let hash = Sha256::new().chain_update(&self.name).chain_update([0]).chain_update(self.number.to_le_bytes());
        let seed = hash.finalize()[..8].iter().fold(0, |seed, byte| (seed << 8) | u64::from(*byte));
        self.asked.bytes().fold(seed, |seed, byte| seed.rotate_left(5) ^ u64::from(byte))
    }
}

pub(super) fn empty(at: Timestamp, seed: &Seed, log: &CallLog) -> WasiCtx {
    let mut chance = Chance(seed.value());
    let insecure_seed = (u128::from(chance.next()) << 64) | u128::from(chance.next());
    WasiCtx::builder()
        .stdout(Sink { log: log.clone(), origin: LogOrigin::Stdout })
        .stderr(Sink { log: log.clone(), origin: LogOrigin::Stderr })
        .wall_clock(EventTime(Duration::from_secs(u64::try_from(at.0).unwrap_or(0))))
        .monotonic_clock(CountingClock(AtomicU64::new(0)))
        .secure_random(Chance(chance.next()))
        .insecure_random(Chance(chance.next()))
        .insecure_random_seed(insecure_seed)
        .max_random_size(RANDOM_BYTES)
        .allow_tcp(false)
        .allow_udp(false)
        .allow_ip_name_lookup(false)
        .build()
}

/// Stands still.
struct EventTime(Duration);

impl HostWallClock for EventTime {
    fn resolution(&self) -> Duration {
        Duration::from_secs(1)
    }

    fn now(&self) -> Duration {
        self.0
    }
}

/// Each look at it is a microsecond later than the one before, so that a guest which waits for time to pass gets
/// there, and the same call sees the same times.
struct CountingClock(AtomicU64);

impl HostMonotonicClock for CountingClock {
    fn resolution(&self) -> u64 {
        1_000
    }

    fn now(&self) -> u64 {
        self.0.fetch_add(1_000, Ordering::Relaxed)
    }
}

/// SplitMix64. Not a generator of a crate, because its sequence must stay the same for ever.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
}

impl TryRng for Chance {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        Ok((self.next() >> 32) as u32)
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        Ok(self.next())
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        for chunk in bytes.chunks_mut(8) {
            let word = self.next().to_le_bytes();
            chunk.copy_from_slice(&word[..chunk.len()]);
        }
        Ok(())
    }
}
