//! Taking more than there is: time, memory, stack, room in the log.

use campanile_sdk::prelude::*;
use std::hint::black_box;

pub(crate) fn spin() {
    let mut count = 0_u64;
    loop {
        count = black_box(count.wrapping_add(1));
    }
}

pub(crate) fn spin_over(host: &impl Host) {
    loop {
        black_box(host.recall("nothing"));
    }
}

pub(crate) fn hoard() {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
}

#[expect(unconditional_recursion, reason = "on purpose")]
pub(crate) fn dive(depth: u64) -> u64 {
    let ballast = black_box([depth; 64]);
    dive(black_box(depth + 1)) + ballast[3]
}

pub(crate) fn flood_stdout() {
    for line in 0..20_000 {
        println!("line {line}: the same again, and nobody wants to read it");
    }
    eprint!("last words without an end of line");
}

pub(crate) fn flood_log(host: &impl Host) {
    for line in 0..20_000 {
        host.log(Level::Info, "the same again", &[("line", &line.to_string())]);
    }
}

pub(crate) fn post(key: &str, body: &str) -> Effect {
    let request = HttpRequest::post(literal("https://ci.example/")).json(literal(serde_json::json!(body).to_string()));
    Delivery::new(key, Message::Http(request)).into()
}
