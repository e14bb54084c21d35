//! What logs say, for formatters: the end of each, of all of them together no more than a formatter can digest.

use crate::data::DataError;
use crate::model::*;
use crate::store::Reader;
use serde_json::Value;
use serde_json::json;

/// Bytes of the content of all logs of a context.
const MOST_BYTES: usize = 1024 * 1024;

/// Lines that are read at once, backwards.
const LINES: i64 = 2_000;

/// What is left to be told.
pub(super) struct Budget(usize);

impl Budget {
    pub(super) fn new() -> Self {
        Self(MOST_BYTES)
    }
}

/// The end of a log, in whole lines, with the number of the first of them. The letters that tell the streams of a log
/// apart are left out.
pub(super) fn tail(reader: &Reader<'_>, log: &Log, left: &mut Budget) -> Result<Value, DataError> {
    let mut blocks: Vec<String> = Vec::new();
    let mut first = log.num_lines;
    while first > 0 {
        let from = (first - LINES).max(0);
        let (mut lines, mut bytes) = (Vec::new(), 0);
        reader.each_line(log.logid, (from, first - 1), |line| {
            let line = if log.kind == LogKind::Stdio { line.get(1..).unwrap_or_default() } else { line };
            bytes += line.len() + 1;
            lines.push(line.to_owned());
            // One block may be far beyond what is left; what does not fit is dropped below.
            bytes <= 16 * MOST_BYTES
        })?;
        let kept = lines.iter().rev().take_while(|line| take(&mut left.0, line.len() + 1)).count();
        let dropped = lines.len() - kept;
        blocks.push(lines.split_off(dropped).into_iter().flat_map(|line| [line, "\n".to_owned()]).collect());
        first = from + i64::try_from(dropped).unwrap_or(i64::MAX);
        if dropped > 0 {
            break;
        }
    }
    let content: String = blocks.into_iter().rev().collect();
    Ok(json!({"logid": log.logid, "firstline": first, "content": content}))
}

fn take(left: &mut usize, bytes: usize) -> bool {
    match left.checked_sub(bytes) {
        Some(rest) => {
            *left = rest;
            true
        }
        None => false,
    }
}
