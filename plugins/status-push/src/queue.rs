//! The packets that wait, kept over calls and restarts.
//!
//! They stand in chunks, each under a key of its own; the ledger says which chunks there are. A packet that is too large for
//! one entry is cut into pieces. What is at the head is forgotten when it was pushed, and not before.
//!
//! Not here: what a packet says (`packets`), and when it is pushed (`push`).

use std::collections::BTreeMap;

use campanile_sdk::contract::Timestamp;
use campanile_sdk::prelude::*;
use serde::Deserialize;
use serde::Serialize;
use serde_json::value::RawValue;

/// A chunk that has so many bytes takes no more packets: each event writes its chunk anew.
const CHUNK_BYTES: usize = 16 * 1024;
/// The bytes of a packet in one piece; as a JSON string it has at most twice as many, and an entry takes 256 KiB.
const PIECE_BYTES: usize = 96 * 1024;
/// Chunks that wait at most; the host keeps 10,000 entries.
const MOST_CHUNKS: u64 = 8_000;

/// What is known of the queue.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    /// When the first packet was made; together with it, a packet's id is unique.
    pub(crate) started: Timestamp,
    /// The id of the next packet.
    pub(crate) next: u64,
    /// The first chunk that there is, and the one behind the last.
    head: u64,
    end: u64,
    /// How many packets of the first chunk are gone already.
    gone: usize,
    /// Packets that wait.
    pub(crate) waiting: u64,
    /// Pushes so far.
    pub(crate) pushes: u64,
    /// Whether the last one failed.
    pub(crate) failed: bool,
    /// The packets that are on their way.
    pub(crate) flight: u64,
    /// Whether a wake-up for the next push was asked for.
    pub(crate) is_awaited: bool,
    /// When the watch comes, or a little before.
    pub(crate) watched: Timestamp,
}

/// The queue during a call.
pub(crate) struct Queue<'h, H> {
    host: &'h H,
    pub(crate) ledger: Ledger,
    /// Chunks that are others than the host keeps; `None`: forgotten.
    changed: BTreeMap<u64, Option<String>>,
}

/// A part of a packet that is too large for one entry.
#[derive(Serialize, Deserialize)]
struct Piece {
    piece: String,
    /// Whether the packet goes on in the next chunk.
    more: bool,
}

/// A chunk as it is kept.
enum Chunk {
    Packets(Vec<Box<RawValue>>),
    Piece(Piece),
}

impl<'h, H: Host> Queue<'h, H> {
    /// As it was left, or empty.
    pub(crate) fn load(host: &'h H, now: Timestamp) -> Result<Self, Failure> {
        let ledger = match host.recall("ledger") {
            Some(kept) => serde_json::from_str(&kept).map_err(|error| damaged("ledger", &error))?,
            None => Ledger { started: now, next: 1, ..Ledger::default() },
        };
        Ok(Self { host, ledger, changed: BTreeMap::new() })
    }

    /// What is to be remembered of it.
    pub(crate) fn into_effects(self) -> Vec<Effect> {
        let ledger = serde_json::to_string(&self.ledger).expect("numbers are JSON");
        let changed = self.changed.into_iter().map(|(number, chunk)| match chunk {
            Some(chunk) => Effect::remember(key(number), chunk),
            None => Effect::forget(key(number)),
        });
        [Effect::remember("ledger", ledger)].into_iter().chain(changed).collect()
    }

    /// Adds a packet at the end.
    pub(crate) fn append(&mut self, packet: &str) -> Result<(), Failure> {
        let Ledger { head, end, waiting, .. } = self.ledger;
        if end - head >= MOST_CHUNKS {
            return Err(Failure::Retry(format!("{waiting} packets wait to be pushed already, and no more are kept")));
        }
        self.ledger.next += 1;
        self.ledger.waiting += 1;
        if packet.len() > CHUNK_BYTES {
            self.append_alone(packet);
            return Ok(());
        }
        let last = if end > head { self.chunk(end - 1) } else { None };
        let fits = |chunk: &String| chunk.starts_with('[') && chunk.len() + packet.len() < CHUNK_BYTES;
        match last.filter(fits) {
            Some(mut chunk) => {
                chunk.truncate(chunk.len() - 1);
                chunk.extend([",", packet, "]"]);
                self.changed.insert(end - 1, Some(chunk));
            }
            None => self.add_chunk(["[", packet, "]"].concat()),
        }
        Ok(())
    }

    /// A chunk of its own, or several.
    fn append_alone(&mut self, packet: &str) {
        let mut rest = packet;
        while rest.len() > PIECE_BYTES {
            let (piece, behind) = rest.split_at(rest.floor_char_boundary(PIECE_BYTES));
            self.add_piece(piece, true);
            rest = behind;
        }
        self.add_piece(rest, false);
    }

    fn add_piece(&mut self, piece: &str, more: bool) {
        let piece = Piece { piece: piece.to_owned(), more };
        self.add_chunk(serde_json::to_string(&piece).expect("a text is JSON"));
    }

    fn add_chunk(&mut self, chunk: String) {
        self.changed.insert(self.ledger.end, Some(chunk));
        self.ledger.end += 1;
    }

    /// The first packets: at most so many, and no more once they have so many bytes.
    pub(crate) fn first(&self, most: usize, most_bytes: usize) -> Result<Vec<String>, Failure> {
        let (mut packets, mut bytes, mut piece) = (Vec::new(), 0, String::new());
        for number in self.ledger.head..self.ledger.end {
            let before = packets.len();
            match self.read(number)? {
                Chunk::Packets(listed) => {
                    let gone = if number == self.ledger.head { self.ledger.gone } else { 0 };
                    packets.extend(listed.iter().skip(gone).map(|packet| packet.get().to_owned()));
                }
                Chunk::Piece(part) => {
                    piece.push_str(&part.piece);
                    if !part.more {
                        packets.push(std::mem::take(&mut piece));
                    }
                }
            }
            bytes += packets[before..].iter().map(String::len).sum::<usize>();
            if packets.len() >= most || bytes + piece.len() >= most_bytes && !packets.is_empty() {
                break;
            }
        }
        packets.truncate(most);
        Ok(packets)
    }

    /// Forgets the first packets, so many of them.
    pub(crate) fn forget_first(&mut self, count: u64) -> Result<(), Failure> {
        let mut left = count;
        while left > 0 && self.ledger.head < self.ledger.end {
            let number = self.ledger.head;
            match self.read(number)? {
                Chunk::Packets(listed) => {
                    let here = (listed.len() - self.ledger.gone.min(listed.len())) as u64;
                    if left < here {
                        self.ledger.gone += usize::try_from(left).expect("fewer than a chunk has");
                        break;
                    }
                    left -= here;
                }
                Chunk::Piece(part) => left -= u64::from(!part.more),
            }
            self.ledger.gone = 0;
            self.ledger.head += 1;
            self.changed.insert(number, None);
        }
        self.ledger.waiting = self.ledger.waiting.saturating_sub(count);
        Ok(())
    }

    fn chunk(&self, number: u64) -> Option<String> {
        self.changed.get(&number).cloned().unwrap_or_else(|| self.host.recall(&key(number)))
    }

    fn read(&self, number: u64) -> Result<Chunk, Failure> {
        let Some(chunk) = self.chunk(number) else {
            return Err(Failure::GiveUp(format!("`{}` is not remembered, which should be", key(number))));
        };
        let read = match chunk.starts_with('[') {
            true => serde_json::from_str(&chunk).map(Chunk::Packets),
            false => serde_json::from_str(&chunk).map(Chunk::Piece),
        };
        read.map_err(|error| damaged(&key(number), &error))
    }
}

fn key(number: u64) -> String {
    format!("packets/{number}")
}

fn damaged(what: &str, error: &serde_json::Error) -> Failure {
    Failure::GiveUp(format!("what is remembered as `{what}` does not read: {error}"))
}
