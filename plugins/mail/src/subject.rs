//! The setting `subject`: a line with `%(builder)s`, `%(result)s` and `%(title)s` in it.

use campanile_sdk::prelude::*;

/// A piece of the setting.
enum Piece<'a> {
    Text(&'a str),
    Builder,
    Result,
    Title,
}

/// The subject of a mail about this build. A setting that [`problem`] would refuse is taken as it stands.
pub(crate) fn fill(template: &str, report: &BuildReport, title: &str) -> String {
    let Ok(pieces) = pieces(template) else { return template.to_owned() };
    let pieces = pieces.iter().map(|piece| match piece {
        Piece::Text(text) => text,
        Piece::Builder => report.builder.name.as_str(),
        Piece::Result => report.build.results.map_or("not finished", Results::name),
        Piece::Title => title,
    });
    pieces.collect()
}

/// What is wrong with the setting, if anything.
pub(crate) fn problem(template: &str) -> Option<String> {
    if template.contains(char::is_control) {
        return Some(String::from("a subject is one line, without control characters"));
    }
    pieces(template).err()
}

fn pieces(template: &str) -> Result<Vec<Piece<'_>>, String> {
    let mut pieces = Vec::new();
    let mut rest = template;
    while let Some((before, after)) = rest.split_once('%') {
        pieces.push(Piece::Text(before));
        let (piece, after) = placeholder(after)?;
        pieces.push(piece);
        rest = after;
    }
    pieces.push(Piece::Text(rest));
    Ok(pieces)
}

/// What follows a percent sign, and the rest.
fn placeholder(after: &str) -> Result<(Piece<'_>, &str), String> {
    if let Some(rest) = after.strip_prefix('%') {
        return Ok((Piece::Text("%"), rest));
    }
    let known = [("(builder)s", Piece::Builder), ("(result)s", Piece::Result), ("(title)s", Piece::Title)];
    for (name, piece) in known {
        if let Some(rest) = after.strip_prefix(name) {
            return Ok((piece, rest));
        }
    }
    let end = after.find(")s").map_or(after.len(), |at| at + 2);
    let name = &after[..end];
    Err(format!("`%{name}` is unknown; there are %(builder)s, %(result)s and %(title)s, and %% for a percent sign"))
}
